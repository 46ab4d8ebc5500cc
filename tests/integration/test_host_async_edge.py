"""The descriptor of a ZeroMQ socket is edge-triggered: whatever swallows the edge must not leave a message
unseen."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import zmq

from orchestrator.codecs import make_codec
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.dispatch import Receiver
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.running.aio import Ends, serve
from orchestrator.sdk.socket import Socket
from orchestrator.vocabulary import CodecName, SocketType

pytestmark = pytest.mark.integration


def test_a_send_wakes_the_task_whose_edge_it_has_swallowed() -> None:
    context, control, seen = zmq.Context(), NodeControl(), []
    ours, peer = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
    ours.bind("inproc://edge")
    peer.connect("inproc://edge")
    socket = Socket(
        name="line",
        socket_type=SocketType.DEALER,
        raw=ours,
        codec=make_codec(CodecName.RAW),
        control=control,
        reporter=Reporter(),
    )

    def route(result: Any, extra: Any) -> None: ...

    async def run() -> None:
        ends = Ends()
        receiver = Receiver(socket=socket, call=lambda message, _: seen.append(message), route=route)
        task = asyncio.ensure_future(serve([receiver], control, ends))
        await asyncio.sleep(0.05)  # the task waits for the descriptor now
        peer.send(b"hello")
        end = time.monotonic() + 5
        while not int(ours.getsockopt(zmq.EVENTS)) & zmq.POLLIN:  # asking swallows the edge, as a send may
            assert time.monotonic() < end
        socket.send(b"something else")
        await asyncio.sleep(0.2)
        control.stop()
        ends.stopping.set()
        await task

    asyncio.run(run())
    control.close()
    context.destroy(linger=0)
    assert seen == [b"hello"]
