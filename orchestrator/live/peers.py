"""The tools' own sockets: made, connected, and handed out once the connection is up."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Final, Self

import zmq

from orchestrator.errors import RunError
from orchestrator.host.watch import SocketWatch
from orchestrator.live.patterns import Joining
from orchestrator.live.securing import before_bind, before_connect
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import OptionValue, SocketType

PATIENCE_S: Final = 5.0
"""How long a connection may take."""
_LONGEST_LOOK_MS: Final = 100


class Peers:
    """A context and its sockets; leaving the `with` block closes them, within `linger_s` for what is still to
    leave."""

    def __init__(self, linger_s: float = 0.0) -> None:
        self._context = transport.make_context()
        self._linger_s = linger_s
        self._open: list[Peer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(0.0 if kind is not None else None)

    def close(self, linger_s: float | None = None) -> None:
        """Close everything. Idempotent."""
        linger_ms = round(1000 * (self._linger_s if linger_s is None else linger_s))
        for peer in self._open:
            peer.close(linger_ms)
        self._open.clear()
        self._context.term()

    def join(
        self,
        joining: Joining,
        *,
        subscribe: Iterable[str] = (),
        options: Mapping[str, OptionValue] | None = None,
    ) -> Peer:
        """A socket that is connected; whether the connection is up already `Peer.meet` tells."""
        peer = self._make(joining, options, subscribe)
        peer.connect(joining.addresses)
        return peer

    def stand_in(self, joining: Joining, options: Mapping[str, OptionValue]) -> Peer:
        """A socket that binds the addresses, in place of the one that is not there. Raises RunError."""
        peer = self._make(joining, options)
        before_bind(self._context, peer.raw, joining.socket)
        for address in joining.addresses:
            transport.bind(peer.raw, address)
        return peer

    def listen(self, joining: Joining, options: Mapping[str, OptionValue]) -> Peer:
        """A socket that binds addresses of our own. Raises AddressError."""
        peer = self._make(joining, options)
        for address in joining.addresses:
            transport.bind(peer.raw, address)
        return peer

    def _make(
        self, joining: Joining, options: Mapping[str, OptionValue] | None, subscribe: Iterable[str] = ()
    ) -> Peer:
        raw = transport.make_socket(self._context, joining.type, options, subscribe)
        peer = Peer(raw, SocketWatch(self._context, raw, f"tool.{len(self._open)}"), joining)
        self._open.append(peer)
        return peer


class Peer:
    """One socket of a tool."""

    def __init__(self, raw: transport.Socket, watch: SocketWatch, joining: Joining) -> None:
        self.raw = raw
        self.joining = joining
        self._watch = watch
        self._reader = watch.lend()
        self._addresses: set[str] = set()

    def connect(self, addresses: Iterable[str]) -> None:
        """Be connected to these addresses, and to no others."""
        wanted = set(addresses)
        for address in sorted(wanted - self._addresses):
            before_connect(self.raw, self.joining.socket)
            self._watch.expect(transport.connectable(address))
            transport.connect(self.raw, address)
        for address in sorted(self._addresses - wanted):
            self._watch.forget(transport.connectable(address))
            transport.disconnect(self.raw, address)
        self._addresses = wanted

    def met(self) -> int:
        """How many connections are up."""
        return self._watch.read()

    def meet(self, count: int | None = None, timeout_s: float = PATIENCE_S) -> None:
        """Wait until `count` connections are up (default: one to each address). Raises RunError."""
        wanted = len(self._addresses) if count is None else count
        give_up = time.monotonic() + timeout_s
        while (met := self.met()) < wanted:
            left = give_up - time.monotonic()
            if left <= 0:
                raise RunError(
                    f"{self.joining.socket.ref}: {met} of {wanted} connections are up after {timeout_s:g} s",
                    "`orchestrator ps --links` shows what its own links do",
                )
            self._reader.poll(min(round(left * 1000) + 1, _LONGEST_LOOK_MS))

    def subscriptions(self, count: int, timeout_s: float = PATIENCE_S) -> list[bytes]:
        """What a subscriber has subscribed to (an XPUB's): waits for `count` of them. Raises RunError."""
        assert self.joining.type is SocketType.XPUB
        found: list[bytes] = []
        give_up = time.monotonic() + timeout_s
        while len(found) < count:
            if not self.raw.poll(max(0, round((give_up - time.monotonic()) * 1000))):
                raise RunError(
                    f"{self.joining.socket.ref} has sent {len(found)} of {count} subscriptions "
                    f"after {timeout_s:g} s"
                )
            message = self.raw.recv(zmq.NOBLOCK)
            if message[:1] == b"\1":
                found.append(message[1:])
        return found

    def settle(self, quiet_s: float) -> None:
        """Wait until nobody new has come, and nobody has subscribed, for so long."""
        met, until = self.met(), time.monotonic() + quiet_s
        while (left := until - time.monotonic()) > 0:
            self._reader.poll(round(left * 1000) + 1)
            subscribed = False
            while self.joining.type is SocketType.XPUB and self.raw.poll(0):
                self.raw.recv(zmq.NOBLOCK)
                subscribed = True
            if subscribed or self.met() != met:
                met, until = self.met(), time.monotonic() + quiet_s

    def send(self, frames: list[bytes], timeout_s: float) -> None:
        """Send one message. Raises RunError when there is no room for it within `timeout_s`."""
        if not self.raw.poll(round(timeout_s * 1000), zmq.POLLOUT):
            raise RunError(
                f"{self.joining.socket.ref} takes nothing: its queue is full for {timeout_s:g} s",
                "`orchestrator ps` shows whether its node still works",
            )
        self.raw.send_multipart(frames, zmq.NOBLOCK)

    def close(self, linger_ms: int) -> None:
        """Close it."""
        self._watch.close()
        self.raw.close(linger_ms)
