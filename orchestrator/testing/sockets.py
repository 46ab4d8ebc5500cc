"""The test's own sockets: messages take the codec of the topology, and every wait ends in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, Self

import zmq

from orchestrator.codecs.base import Codec, DecodeError
from orchestrator.errors import UsageError
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.errors import Timeout
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.requesting.aio_asking import request
from orchestrator.sdk.socket import Socket
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import QoS

_FITTING: Final = {
    SocketType.PUB: SocketType.SUB,
    SocketType.XPUB: SocketType.SUB,
    SocketType.SUB: SocketType.XPUB,  # and no PUB: it is told when the subscriptions have arrived
    SocketType.XSUB: SocketType.XPUB,
    SocketType.REQ: SocketType.REP,
    SocketType.REP: SocketType.REQ,
    SocketType.ROUTER: SocketType.DEALER,
    SocketType.DEALER: SocketType.ROUTER,
    SocketType.PUSH: SocketType.PULL,
    SocketType.PULL: SocketType.PUSH,
    SocketType.PAIR: SocketType.PAIR,
}


def fitting(socket_type: SocketType) -> SocketType:
    """The type that a test talks to a socket of `socket_type` with. Raises UsageError for STREAM."""
    found = _FITTING.get(socket_type)
    if found is None:
        raise UsageError(
            f"a {socket_type} socket speaks plain tcp, so no ZeroMQ socket fits",
            "connect a socket.socket to system.address(…)",
        )
    return found


class PeerSocket(Socket):
    """A socket of the test. `send`, `recv`, `receive` and `request` are those of a node's sockets; they raise
    Timeout after `timeout` seconds, the socket's own where none is given.

    `raw` is the `zmq.Socket` itself, for whatever else is to be done with it.
    """

    def __init__(
        self,
        *,
        name: str,
        socket_type: SocketType,
        raw: zmq.Socket[bytes],
        codec: Codec,
        timeout: float,
        topics: tuple[str, ...] | None = None,
        delimiter: bool = False,
        qos: QoS | None = None,
        peer_types: tuple[SocketType, ...] = (),
    ) -> None:
        control = NodeControl()
        super().__init__(
            name=name,
            socket_type=socket_type,
            raw=raw,
            codec=codec,
            control=control,
            reporter=Reporter(),
            topics=topics,
            delimiter=delimiter,
            qos=qos,
            sender=f"test.{name}",
            peer_types=peer_types,
        )
        self.port.bad = self._bad
        self.timeout = timeout

    # ------------------------------------------------------------------ as a node's, but in time

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        super().send(message, topic=topic, peer=peer, timeout=self._patience(timeout))

    def receive(self, timeout: float | None = None) -> tuple[Any, str | Peer | None]:
        return super().receive(self._patience(timeout))

    def request(self, message: Any, *, timeout: float | None = None) -> Any:
        return super().request(message, timeout=self._patience(timeout))

    # ------------------------------------------------------------------ in asyncio

    async def areceive(self, timeout: float | None = None) -> tuple[Any, str | Peer | None]:
        """`receive` that lets the event loop go on. One task at a time may wait for a socket."""
        patience = self._patience(timeout)
        give_up = time.monotonic() + patience
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        # the descriptor is edge-triggered, and a send may swallow the edge (zmq_getsockopt(3), ZMQ_FD)
        loop.add_reader(self.raw.FD, news.set)
        self.on_send = news.set
        try:
            while True:
                news.clear()
                found = self.take()
                if found is not None:
                    return found
                await asyncio.wait_for(news.wait(), give_up - time.monotonic())
        except TimeoutError:
            raise Timeout(f"socket {self.name!r}: no message within {patience:g} s") from None
        finally:
            self.on_send = None
            loop.remove_reader(self.raw.FD)

    async def arecv(self, timeout: float | None = None) -> Any:
        """`recv` that lets the event loop go on."""
        return (await self.areceive(timeout))[0]

    async def arequest(self, message: Any, timeout: float | None = None) -> Any:
        """`request` that lets the event loop go on while it waits for the reply."""
        if self.asking is not None:
            return await request(self, message, self._patience(timeout))
        self.send(message, timeout=timeout)
        return await self.arecv(timeout)

    # ------------------------------------------------------------------ its end

    def close(self) -> None:
        """Close it; what is still queued is dropped. Happens by itself when the system ends. Idempotent."""
        if not self.raw.closed:
            self.raw.close(0)
            self._control.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _patience(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout

    def _bad(self, reason: str, _frames: Sequence[bytes], _origin: str) -> None:
        self.counters.undecodable += 1
        raise DecodeError(reason)
