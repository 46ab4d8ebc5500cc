"""Many large messages within one process, whose memory their senders lend: `inproc_flood.py COUNT`. A receiver that
closes one while it holds the interpreter's lock waits for the thread that takes the memory back, which waits for the
lock."""

from __future__ import annotations

import sys
import threading
from typing import Any

import zmq

from orchestrator.codecs import make_codec
from orchestrator.sdk import express
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.socket import Socket
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import SocketType

SIZES = (1000, 70_000)


def make(context: Any, kind: str, view: bool = False) -> Socket:
    raw = transport.make_socket(context, SocketType(kind))
    socket = Socket(
        name="s",
        socket_type=SocketType(kind),
        raw=raw,
        codec=make_codec("raw"),
        control=NodeControl(),
        reporter=Reporter(),
    )
    if view:
        socket.use_types(memoryview, None)
    return socket


def flood(context: Any, size: int, count: int) -> None:
    raw = transport.make_socket(context, SocketType.PUSH)
    transport.connect(raw, "inproc://flood")
    for _ in range(count):  # as foreign code in the same process may: lent however small
        raw.copy_threshold = 0
        raw.send(b"x" * size, copy=False)
    raw.close()


def receive(size: int, count: int, view: bool) -> None:
    context = transport.make_context()
    sink = make(context, "PULL", view)
    transport.bind(sink.raw, "inproc://flood")
    assert sink.lane is not None
    threads = [threading.Thread(target=flood, args=(context, size, count // 2)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number, message in enumerate(sink, 1):
        assert len(message) == size
        if number == count:
            break
    for thread in threads:
        thread.join()
    sink.raw.close(0)
    context.term()


def drop(count: int) -> None:
    """What has come for a subscription that is taken back is thrown away in one call of libzmq's."""
    context = transport.make_context()
    sink = make(context, "SUB")
    sink.raw.setsockopt(zmq.RCVHWM, 0)
    sink.raw.setsockopt(zmq.SUBSCRIBE, b"")
    transport.bind(sink.raw, "inproc://drop")
    source = transport.make_socket(context, SocketType.PUB)
    source.setsockopt(zmq.SNDHWM, 0)
    transport.connect(source, "inproc://drop")
    for _ in range(count):
        source.send(b"x" * 70_000, copy=False)
    sink.raw.setsockopt(zmq.UNSUBSCRIBE, b"")
    sink.raw.setsockopt(zmq.SUBSCRIBE, b"nothing")
    while sink.take() is not None:
        pass
    source.close(0)
    sink.raw.close(0)
    context.term()


if __name__ == "__main__":
    assert express.available()
    drop(min(int(sys.argv[1]), 5000))
    for size in SIZES:
        for view in (False, True):
            receive(size, int(sys.argv[1]), view)
    print("all came")
