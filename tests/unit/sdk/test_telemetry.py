"""OpenTelemetry spans, sent to a receiver that reads what the collector reads: OTLP over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.errors import RunError
from orchestrator.sdk.reports.telemetry import is_wanted, make_telemetry
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Header, MessageId, Trace
from tests.otlp import Collector, attributes

pytest.importorskip("opentelemetry.sdk")

TRACE = Trace(bytes(range(16)), bytes(range(1, 9)), 1)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    for name in ("OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.close()


def test_a_handled_message_and_what_it_sends_are_one_trace(collector: Collector) -> None:
    telemetry = make_telemetry("strategy-1", "strategy", "trading")
    header = Header(source=0xAB, sequence=1, number=4, timestamp_ns=0, trace=TRACE, sender="feed.ticks")
    handling = telemetry.handling("ticks", SocketType.SUB, header.trace, header.id)
    sending = telemetry.sending("orders", SocketType.PUSH, telemetry.ids(handling), request=False)
    telemetry.end(sending, MessageId(0xCD, 1))
    telemetry.end(handling)
    telemetry.close()

    (path, resource, _), *_ = collector.requests
    assert path == "/v1/traces"
    assert resource["service.name"] == "strategy"
    assert resource["service.namespace"] == "trading"
    assert resource["service.instance.id"] == "strategy-1"
    send, process = sorted(collector.spans, key=lambda s: s.name, reverse=True)
    assert (process.name, send.name) == ("process ticks", "send orders")
    assert process.trace_id == send.trace_id == TRACE.trace_id
    assert process.parent_span_id == TRACE.span_id
    assert send.parent_span_id == process.span_id
    assert (process.kind, send.kind) == (process.SPAN_KIND_CONSUMER, send.SPAN_KIND_PRODUCER)
    found = attributes(process)
    assert found["messaging.system"] == "zeromq"
    assert found["messaging.message.id"] == "00000000000000ab-4"
    assert attributes(send)["messaging.message.id"] == "00000000000000cd-1"


def test_an_error_is_in_the_span(collector: Collector) -> None:
    telemetry = make_telemetry("a", "a", "")
    asked = telemetry.handling("questions", SocketType.REP, None, MessageId(1, 1))
    telemetry.end(asked, error=ValueError("no price"))
    telemetry.close()
    (span,) = collector.spans
    assert span.kind == span.SPAN_KIND_SERVER
    assert span.status.message == "ValueError: no price"
    assert span.events[0].name == "exception"
    assert not span.parent_span_id


def test_a_batch_is_linked_to_the_traces_of_its_records(collector: Collector) -> None:
    telemetry = make_telemetry("a", "a", "")
    traces = [Trace(bytes([n]) * 16, bytes([n]) * 8, 1) for n in (1, 2, 3)]
    telemetry.end(telemetry.batch("ticks", [*traces, traces[0]], 7))
    telemetry.close()
    (span,) = collector.spans
    assert attributes(span)["messaging.batch.message_count"] == 7
    assert [(link.trace_id, link.span_id) for link in span.links] == [t[:2] for t in traces]


def test_what_is_not_sampled_is_not_sent(collector: Collector) -> None:
    telemetry = make_telemetry("a", "a", "")
    header = Header(source=1, sequence=1, number=1, timestamp_ns=0, trace=TRACE._replace(flags=0))
    span = telemetry.handling("ticks", SocketType.SUB, header.trace, header.id)
    assert telemetry.ids(span).flags == 0
    assert telemetry.ids(span).trace_id == TRACE.trace_id
    telemetry.end(span)
    telemetry.close()
    assert collector.spans == []


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "otlp"}, False),
        ({"OTEL_SERVICE_NAME": "shop"}, False),
    ],
)
def test_it_is_off_unless_asked_for(environ: dict[str, str], wanted: bool) -> None:
    assert is_wanted(environ) is wanted


def test_what_cannot_be_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "jaeger")
    with pytest.raises(RunError, match="OTEL_TRACES_EXPORTER=jaeger is not known"):
        make_telemetry("a", "a", "")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(RunError, match="protocol grpc"):
        make_telemetry("a", "a", "")


def test_nothing_of_it_is_loaded_when_it_is_off() -> None:
    import subprocess
    import sys

    code = (
        "import sys, orchestrator.sdk.reports.telemetry, orchestrator.sdk.tracing, orchestrator.host.entry;"
        "print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
