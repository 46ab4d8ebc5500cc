"""Types, schemas, dead letters and waiting on real sockets, without processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import zmq

from orchestrator.codecs import make_codec
from orchestrator.codecs.checking import make_check
from orchestrator.sdk import Node
from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.dispatch import run_receivers
from orchestrator.sdk.errors import Timeout
from orchestrator.sdk.forms.receiving import receivers_of
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.running.runners import NodeRunner, make_runner
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.sockets import Sockets
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import Batch, OnError, QoS

SCHEMA = {
    "type": "object",
    "required": ["price"],
    "properties": {"price": {"type": "number", "minimum": 0}},
    "additionalProperties": False,
}


@dataclass
class Tick:
    price: float


class Desk(Node):
    def setup(self) -> None:
        self.seen: list[Any] = []

    def on_in(self, tick: Tick) -> None:
        self.seen.append(tick)
        if tick.price == 13:
            raise ValueError("unlucky")


class Bench:
    def __init__(self) -> None:
        self.context = zmq.Context()
        self.control = NodeControl()
        self.controls = [self.control]

    def pair(self, name: str, qos: QoS | None = None, codec: str = "json") -> tuple[Socket, Socket]:
        """A PUSH of somebody's and the node's PULL."""
        push, pull = self.context.socket(zmq.PUSH), self.context.socket(zmq.PULL)
        push.bind(f"inproc://{name}")
        pull.connect(f"inproc://{name}")
        other = NodeControl()
        self.controls.append(other)
        sockets = []
        for raw, kind, control in ((push, SocketType.PUSH, other), (pull, SocketType.PULL, self.control)):
            sockets.append(
                Socket(
                    name=name, socket_type=kind, raw=raw, codec=make_codec(codec), control=control,
                    reporter=Reporter(), qos=qos, sender=f"feed.{name}", peers=1,
                )
            )  # fmt: skip
        return sockets[0], sockets[1]

    def sink(self, name: str) -> Socket:
        """The node's own PUSH, whose other end nobody reads."""
        raw = self.context.socket(zmq.PUSH)
        raw.bind(f"inproc://{name}")
        return Socket(
            name=name, socket_type=SocketType.PUSH, raw=raw, codec=make_codec("raw"), control=self.control,
            reporter=Reporter(),
        )  # fmt: skip

    def run(self, *sockets: Socket) -> Desk:
        context = NodeContext(
            name="desk", node="desk", replica=0, params={}, sockets=Sockets(sockets), control=self.control
        )
        runner = make_runner(Desk, context)
        assert isinstance(runner, NodeRunner)
        runner.setup()
        self.control.timers.after(0.05, self.control.stop)
        run_receivers(receivers_of(runner.node), self.control)
        assert isinstance(runner.node, Desk)
        return runner.node


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for control in made.controls:
        for socket in control.sockets:
            socket.raw.close(0)
        control.close()
    made.context.term()


@pytest.mark.parametrize("qos", [QoS(), QoS(envelope=True)])
@pytest.mark.parametrize("codec", ["json", "msgpack", "cbor"])
def test_a_schema_judges_what_came_in(bench: Bench, qos: QoS, codec: str) -> None:
    pytest.importorskip("cbor2" if codec == "cbor" else codec if codec == "json" else "msgspec")
    push, pull = bench.pair("in", qos, codec)
    check = make_check(codec, SCHEMA)
    assert check is not None
    pull.inlet.check = check.incoming
    for message in ({"price": 1.5}, {"price": 2, "more": 1}, {"price": -1}, {"price": 3}):
        push.send(message)
    assert bench.run(pull).seen == [Tick(1.5), Tick(3.0)]
    assert pull.counters.undecodable == 2


def test_records_fit_the_schema_on_their_way_out(bench: Bench) -> None:
    push, pull = bench.pair("in")
    check = make_check("json", SCHEMA)
    assert check is not None
    push.outlet.check = check.outgoing
    push.use_types(None, Tick)
    push.send(Tick(1.0))
    with pytest.raises(ValueError, match="does not fit its schema"):
        push.send(Tick(-1.0))
    assert bench.run(pull).seen == [Tick(1.0)]


@pytest.mark.parametrize(
    ("qos", "origin", "frames"),
    [
        (QoS(), "", [b'{"price":13}']),
        (QoS(envelope=True), "feed.in", None),
        (QoS(envelope=True, batch=Batch(max_messages=10)), "feed.in", [b'{"price":13.0}']),
    ],
)
def test_the_frames_of_a_dead_letter(
    bench: Bench, qos: QoS, origin: str, frames: list[bytes] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    push, pull = bench.pair("in", qos)
    dead = bench.sink("dead")
    reader = bench.context.socket(zmq.PULL)
    reader.connect("inproc://dead")
    Rejects("desk", on_error=OnError.DEAD_LETTER).watch([pull, dead], "dead")
    push.send_many([{"price": 1}, {"price": 13}, {"price": 2}])
    push.flush()
    try:
        assert bench.run(pull, dead).seen == [Tick(1.0), Tick(13.0), Tick(2.0)]
        head, *rest = reader.recv_multipart()
        assert json.loads(head)["origin"] == origin
        assert frames is None or rest == frames
        assert frames is not None or rest[0].endswith(b'{"price":13}')
    finally:
        reader.close(0)
    assert "ValueError: unlucky" in capsys.readouterr().err
    assert (pull.counters.received, pull.counters.failed) == (3, 1)


def test_room_is_seen_and_waiting_is_counted(bench: Bench) -> None:
    full = bench.sink("out")
    assert not full.ready_to_send()
    assert not full.try_send(b"x")
    with pytest.raises(Timeout):
        full.send(b"x", timeout=0.05)
    assert full.counters.blocked_s >= 0.05
    reader = bench.context.socket(zmq.PULL)
    reader.connect("inproc://out")
    assert full.ready_to_send() and full.try_send(b"x")
    reader.close(0)
