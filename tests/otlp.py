"""A receiver of OpenTelemetry's traces over HTTP, in the process of the test: what a collector would read."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

otlp: Any = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")


class Collector:
    """Keeps the spans it is sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], list[Any]]] = []
        """Path, resource, spans."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = otlp.ExportTraceServiceRequest()
                body.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
                for of_resource in body.resource_spans:
                    resource = {a.key: a.value.string_value for a in of_resource.resource.attributes}
                    spans = [span for scope in of_resource.scope_spans for span in scope.spans]
                    collector.requests.append((self.path, resource, spans))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(otlp.ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def spans(self) -> list[Any]:
        return [span for _, _, spans in self.requests for span in spans]


def attributes(span: Any) -> dict[str, object]:
    """A span's attributes as plain values."""
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
