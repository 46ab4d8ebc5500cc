"""OpenTelemetry spans of what a node handles and sends (the extra `otel`).

Off unless the environment asks for it, and then nothing of this is loaded. It is set up by the variables that
every OpenTelemetry SDK knows (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/):
`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_EXPORTER`, `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME` and so on.

Attributes are those of the semantic conventions for messaging. The only module that imports
`opentelemetry`, but for types.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.errors import RunError
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import MessageId, Trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, SpanContext, Tracer

_ASKING: Final = (SocketType.REQ,)
_ANSWERING: Final = (SocketType.REP, SocketType.ROUTER)
FLUSH_S: Final = 2.0
"""How long the end of a node waits for its last spans to leave."""
_INSTALL: Final = "install it: pip install 'zmq-orchestrator[otel]'; or unset the OTEL_ variables"


def is_wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for spans: an exporter is named, or where to send them."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    if exporter:
        return exporter != "none"
    return any(
        environ.get(name) for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    )


class Telemetry:
    """The spans of one node instance. Belongs to the thread that runs it; the export has one of its own."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace

        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("orchestrator")
        self._trace = trace

    def handling(
        self, socket: str, socket_type: SocketType, parent: Trace | None, cause: MessageId | None
    ) -> Span:
        """The handler of the message `cause` begins. `end` ends the span."""
        kind = self._trace.SpanKind.SERVER if socket_type in _ANSWERING else self._trace.SpanKind.CONSUMER
        return self._tracer.start_span(
            f"process {socket}",
            context=self._parent(parent),
            kind=kind,
            attributes=_attributes(socket, "process", cause),
        )

    def sending(self, socket: str, socket_type: SocketType, parent: Trace | None, *, request: bool) -> Span:
        """A message is about to be sent: the span's `ids` go with it. `request`: it lasts until the reply."""
        asks = request or socket_type in _ASKING
        return self._tracer.start_span(
            f"{'request' if request else 'send'} {socket}",
            context=self._parent(parent),
            kind=self._trace.SpanKind.CLIENT if asks else self._trace.SpanKind.PRODUCER,
            attributes=_attributes(socket, "send", None),
        )

    def batch(self, socket: str, traces: Iterable[Trace], count: int) -> Span:
        """A batch of so many records is about to be sent: one span of its own, linked to what they come
        from."""
        links = [self._trace.Link(self._context(t)) for t in dict.fromkeys(traces)]
        attributes = _attributes(socket, "send", None)
        attributes["messaging.batch.message_count"] = count
        return self._tracer.start_span(
            f"send {socket}",
            context=self._parent(None),
            kind=self._trace.SpanKind.PRODUCER,
            links=links,
            attributes=attributes,
        )

    @staticmethod
    def ids(span: Span) -> Trace:
        """The span's place in its trace, as an envelope carries it."""
        context = span.get_span_context()
        return Trace(
            context.trace_id.to_bytes(16, "big"),
            context.span_id.to_bytes(8, "big"),
            int(context.trace_flags) & 0xFF,
        )

    def end(self, span: Span, sent: MessageId | None = None, error: BaseException | None = None) -> None:
        """The span is over. `sent`: the message that has left; `error`: what it ended with."""
        if sent is not None:
            span.set_attribute("messaging.message.id", str(sent))
        if error is not None:
            span.record_exception(error)
            span.set_status(self._trace.StatusCode.ERROR, f"{type(error).__name__}: {error}")
            span.set_attribute("error.type", type(error).__qualname__)
        span.end()

    def close(self) -> None:
        """Send what has not left yet, within FLUSH_S."""
        self._provider.force_flush(round(FLUSH_S * 1000))
        self._provider.shutdown()

    def _context(self, trace: Trace) -> SpanContext:
        return self._trace.SpanContext(
            int.from_bytes(trace.trace_id, "big"),
            int.from_bytes(trace.span_id, "big"),
            is_remote=True,
            trace_flags=self._trace.TraceFlags(trace.flags),
        )

    def _parent(self, trace: Trace | None) -> Any:
        """An explicit context: what the user's own code has put into OpenTelemetry's current one is not the
        cause of a message."""
        from opentelemetry.context import Context

        if trace is None:
            return Context()
        remote = self._trace.NonRecordingSpan(self._context(trace))
        return self._trace.set_span_in_context(remote, Context())


def _attributes(socket: str, operation: str, message: MessageId | None) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "messaging.system": "zeromq",
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": socket,
    }
    if message is not None:
        attributes["messaging.message.id"] = str(message)
    return attributes


def make_telemetry(
    instance: str, node: str, topology: str, exporter: SpanExporter | None = None
) -> Telemetry:
    """Spans for one instance, sent as the environment says. Raises RunError when the packages are missing or
    the exporter is not known."""
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise RunError(
            "OpenTelemetry is asked for by the environment and is not installed", _INSTALL
        ) from error
    own = {"service.instance.id": instance, "orchestrator.instance": instance, "orchestrator.node": node}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        own["service.name"] = node
    if topology:
        own["service.namespace"] = topology
    provider = TracerProvider(resource=Resource.create(own), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or _exporter()))
    return Telemetry(provider)


def _exporter() -> SpanExporter:
    name = os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    if name != "otlp":
        raise RunError(f"OTEL_TRACES_EXPORTER={name} is not known", "use otlp, console or none")
    variables = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    protocol = next((os.environ[v] for v in variables if os.environ.get(v)), "http/protobuf")
    if protocol != "http/protobuf":
        raise RunError(f"the protocol {protocol} of OpenTelemetry is not supported", "use http/protobuf")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        raise RunError("the exporter of OpenTelemetry is not installed", _INSTALL) from error
    return OTLPSpanExporter()
