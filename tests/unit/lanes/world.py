"""Two ends of an inproc connection: a socket of the SDK, by a lane or without one, and a bare one of pyzmq."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import zmq

from orchestrator.codecs import make_codec
from orchestrator.sdk import express
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.sdk.tracing import current_work
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import SocketType
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import Flag, Header, pack
from orchestrator.wire.qos import QoS
from tests.unit.sdk.fake_line import Said

BY_LANE = pytest.param(True, id="lane")
WITHOUT = pytest.param(False, id="python")
BOTH = pytest.mark.parametrize("lane", [BY_LANE, WITHOUT])

PEERS = {
    SocketType.PULL: zmq.PUSH, SocketType.PUSH: zmq.PULL, SocketType.PAIR: zmq.PAIR, SocketType.SUB: zmq.PUB,
    SocketType.PUB: zmq.SUB, SocketType.REP: zmq.REQ, SocketType.REQ: zmq.REP, SocketType.DEALER: zmq.DEALER,
}  # fmt: skip


@dataclass
class Ends:
    socket: Socket
    bare: Any
    context: Any
    control: NodeControl
    bad: list[tuple[str, list[bytes], str]] = field(default_factory=list)


@contextlib.contextmanager
def ends(
    kind: str,
    *,
    lane: bool,
    codec: str = "raw",
    qos: QoS | None = None,
    address: str = "inproc://x",
    **more: Any,
) -> Iterator[Ends]:
    """Such a socket, by a lane or without, and who is at its other end. The test skips where nothing is compiled."""
    if lane and not express.available():
        pytest.skip("nothing is compiled here")
    context = transport.make_context()
    control = NodeControl()
    socket_type = SocketType(kind)
    raw = transport.make_socket(context, socket_type, subscribe=[""])
    bare = context.socket(PEERS[socket_type])
    with pytest.MonkeyPatch.context() as patch:
        if not lane:
            patch.setattr(express, "available", lambda: False)
        socket = Socket(
            name="s", socket_type=socket_type, raw=raw, codec=make_codec(codec), control=control,
            reporter=Reporter(Said()), qos=qos or QoS(), sender="node.s", **more,
        )  # fmt: skip
    found = Ends(socket, bare, context, control)

    def bad(reason: str, frames: list[bytes], origin: str) -> None:
        found.bad.append((reason, frames, origin))

    socket.port.bad = bad
    del socket
    token = current_work.set(None)
    try:
        transport.bind(raw, address)
        if socket_type is SocketType.PUB:
            bare.setsockopt(zmq.SUBSCRIBE, b"")
        bare.connect(transport.last_endpoint(raw))
        if socket_type is SocketType.SUB or socket_type is SocketType.PUB:
            settle(found)
        yield found
    finally:
        current_work.reset(token)
        control.close()
        for end in (raw, bare):
            if not end.closed:
                end.close(0)
        context.term()


def settle(found: Ends) -> None:
    """Until a subscription has come through: messages are sent until one is there, and then all are taken."""
    sender, receiver = (
        (found.bare, found.socket.raw)
        if found.socket.type is SocketType.SUB
        else (found.socket.raw, found.bare)
    )
    while not receiver.poll(1):
        sender.send(b"")
    while receiver.poll(50):
        receiver.recv_multipart()


def all_of(found: Ends, count: int) -> list[Any]:
    """What is taken until `count` messages have come in, good or bad; then until nothing is left."""
    taken = []
    while len(taken) + len(found.bad) < count:
        assert found.socket.raw.poll(5000), (taken, found.bad)
        while (one := found.socket.take()) is not None:
            taken.append(one)
    assert found.socket.take() is None
    return taken


def batch(number: int, count: int, **more: Any) -> bytes:
    """A batch of so many numbers, as its records."""
    head = Header(
        source=1,
        sequence=number,
        number=number,
        timestamp_ns=1,
        codec="raw",
        flags=Flag.BATCH,
        count=count,
        **more,
    )
    return pack(head) + join([b"%d" % n for n in range(number, number + count)])
