"""One trace through three processes: ids in envelopes, in logs, and as spans at a receiver of OTLP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sdk import Node
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.control import Kind
from orchestrator.wire.qos import Batch, OnError, QoS, Retry
from tests.otlp import Collector, attributes

from .host_support import Supervisor, instance, socket, supervisor, to, until

pytestmark = pytest.mark.integration
ENVELOPE = QoS(envelope=True)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    yield made
    made.close()


class Pricing(Node):
    """Answers, and tells somebody else."""

    def on_asked(self, message: dict[str, Any]) -> Any:
        self.log.info("priced %s", message["what"])
        self.sockets.told.send(message)
        return {"price": 3}


class Archive(Node):
    async def on_told(self, message: dict[str, Any]) -> None:
        self.log.info("kept %s", message["what"])


def till(node: Any, ask: Any) -> None:
    ask.request({"what": "tea"})
    node.stop()


def topology(sup: Supervisor) -> dict[str, Any]:
    """The three processes."""

    def at(name: str) -> str:
        return f"ipc://{sup.directory}/{name}"

    def json(name: str, kind: str, qos: QoS = ENVELOPE, **more: Any) -> Any:
        return socket(name, kind, codec=CodecName.JSON, qos=qos, **more)

    archive = sup.start(instance("archive", Archive, json("told", "PULL", binds=(at("told"),))))
    pricing = sup.start(
        instance(
            "pricing",
            Pricing,
            json("asked", "REP", binds=(at("asked"),)),
            json("told", "PUSH", QoS(envelope=True, batch=Batch(max_delay_s=0.01)), connects=to(at("told"))),
            on_error=OnError.SKIP,
        )
    )
    sup.heard(Kind.READY, "pricing")
    sup.heard(Kind.READY, "archive")
    client = sup.start(
        instance(
            "till",
            till,
            json("ask", "REQ", QoS(envelope=True, retry=Retry()), connects=to(at("asked")),
                 peer_types=(SocketType.REP,)),
        )
    )  # fmt: skip
    return {"archive": archive, "pricing": pricing, "till": client}


def ids(line: str) -> tuple[str, str]:
    found = re.search(r" \[trace=([0-9a-f]{32}) span=([0-9a-f]{16})\]", line)
    assert found, line
    return found[1], found[2]


def test_the_same_ids_are_in_the_logs_without_opentelemetry(tmp_path: Path) -> None:
    with supervisor(tmp_path) as sup:
        nodes = topology(sup)
        until(lambda: "kept tea" in nodes["archive"].err, "the archive's line", 5)
        priced, kept = ids(nodes["pricing"].err), ids(nodes["archive"].err)
        assert priced[0] == kept[0]
        assert priced[1] != kept[1]


def test_spans_of_all_three_are_one_trace(collector: Collector, tmp_path: Path) -> None:
    with supervisor(tmp_path) as sup:
        nodes = topology(sup)
        assert nodes["till"].wait() == 0
        wanted = {
            ("till", "request ask"),
            ("till", "send ask"),
            ("pricing", "process asked"),
            ("pricing", "send told"),
            ("pricing", "send asked"),
            ("archive", "process told"),
        }

        def found() -> dict[tuple[str, str], Any] | None:
            spans = {
                (resource["service.name"], span.name): span
                for _, resource, told in collector.requests
                for span in told
            }
            return spans if spans.keys() >= wanted else None

        spans = until(found, f"spans named {wanted}", 5)
        assert len(collector.spans) == len(wanted)
        request, process = spans["till", "request ask"], spans["pricing", "process asked"]
        assert {span.trace_id for span in spans.values()} == {request.trace_id}
        assert spans["till", "send ask"].parent_span_id == request.span_id
        assert process.parent_span_id == spans["till", "send ask"].span_id
        assert spans["pricing", "send told"].parent_span_id == process.span_id
        assert spans["archive", "process told"].parent_span_id == spans["pricing", "send told"].span_id
        assert request.kind == request.SPAN_KIND_CLIENT
        assert (
            attributes(process)["messaging.message.id"]
            == attributes(spans["till", "send ask"])["messaging.message.id"]
        )
        assert ids(nodes["pricing"].err) == (process.trace_id.hex(), process.span_id.hex())
