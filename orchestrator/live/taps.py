"""Seeing what is on live links: copies of the messages of one or more sockets, from wherever they can be had.

A publisher is asked for one more copy, by a SUB of ours: what it has no room for on the way here it drops for
us alone. Where that is no way, Python nodes make copies (`copies`).
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple, Self

import zmq

from orchestrator.client import Client
from orchestrator.errors import RunError
from orchestrator.live.board import Board, LiveSocket
from orchestrator.live.copies import Copies
from orchestrator.live.patterns import Joining, by_subscribing, disturbed_by_subscriber, no_tap
from orchestrator.live.peers import Peer, Peers
from orchestrator.live.reading import Way
from orchestrator.transport.sockets import Socket
from orchestrator.vocabulary import SocketType

HWM: Final = 10_000
"""Messages that wait here until they are read."""
_TURN: Final = 256
"""So many messages are taken at once."""
_LOOK_S: Final = 1.0
"""How often it is looked where the publishers are by now: replicas come, and processes with other ports."""


class Taken(NamedTuple):
    """One message of the wire."""

    socket: LiveSocket
    way: Way
    frames: list[bytes]
    at_ns: int


class Taps:
    """All that is looked at together. Use in a `with` block; not for several threads."""

    def __init__(
        self, client: Client, names: Sequence[str], topics: Collection[str] = (), *, accept: bool = False
    ) -> None:
        """`topics` are the prefixes that are wanted of publications; `accept`: a publisher may notice.

        Returns when the copies come. Raises UsageError and RunError.
        """
        self._client = client
        self._names = tuple(names)
        self._topics = tuple(topics)
        self._accept = accept
        self._look_at = time.monotonic() + _LOOK_S
        self._subscribers: dict[str, Peer] = {}
        self._copies: Copies | None = None
        self._poller = zmq.Poller()
        self._poller.register(client.fileno(), zmq.POLLIN)
        self._raws: dict[Socket, Peer] = {}
        self.ended = False
        """Whether the topology is gone."""
        self.board = Board.told(client.call("sockets"))
        self._peers = Peers()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self._subscribe()
        copied = [socket for name in self._names for socket in self._copied(name)]
        if copied:
            self._copies = Copies(self._client, self._peers, copied)
            self._poller.register(self._copies.raw, zmq.POLLIN)
        for peer in self._subscribers.values():
            peer.meet()

    @property
    def sockets(self) -> tuple[LiveSocket, ...]:
        """Whose messages come, as far as it is known now."""
        seen = [peer.joining.socket for peer in self._subscribers.values()]
        return (*seen, *(self._copies.sockets if self._copies is not None else ()))

    @property
    def both_ways(self) -> bool:
        """Whether messages may go either way."""
        return self._copies is not None

    @property
    def missed(self) -> int:
        """Messages of which no copy was made, because there was no room on the way here."""
        return 0 if self._copies is None else self._copies.missed

    def read(self, timeout_s: float) -> list[Taken]:
        """What has come; waits for it, but no longer than `timeout_s`."""
        found: list[Taken] = []
        wait_s = max(0.0, min(timeout_s, self._look_at - time.monotonic()))
        ready = [item for item, _ in self._poller.poll(round(wait_s * 1000))]
        for item in ready:
            if item in self._raws:
                self._drain(item, found)
            elif self._copies is not None and item is self._copies.raw:
                found.extend(Taken(*copy) for copy in self._copies.drain(_TURN))
            else:
                self.ended = True
        if time.monotonic() >= self._look_at and not self.ended:
            self._follow()
        return found

    def close(self) -> None:
        """Leave the links."""
        if self._copies is not None:
            self._copies.close()
        self._peers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ inside

    def _drain(self, raw: Socket, found: list[Taken]) -> None:
        socket = self._raws[raw].joining.socket
        for _ in range(_TURN):
            try:
                frames = raw.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            found.append(Taken(socket, Way.SENT, frames, time.time_ns()))

    def _follow(self) -> None:
        """See where everything is by now."""
        self._look_at = time.monotonic() + _LOOK_S
        try:
            self.board = Board.told(self._client.call("sockets"))
        except RunError:
            self.ended = True
            return
        self._subscribe()

    def _subscribe(self) -> None:
        """Be connected to all publishers that there are now."""
        wanted: dict[str, tuple[Joining, tuple[str, ...]]] = {}
        for name in self._names:
            sockets = self.board.find(name)
            for joining in self._publishers(sockets):
                wanted[joining.socket.ref] = (joining, self._topics or _subscribed(sockets))
        for ref in self._subscribers.keys() - wanted.keys():
            self._subscribers[ref].connect(())
        for ref, (joining, topics) in wanted.items():
            if ref in self._subscribers:
                self._subscribers[ref].connect(joining.addresses)
            else:
                self._join(joining, topics)

    def _join(self, joining: Joining, topics: Iterable[str]) -> None:
        peer = self._peers.join(joining, subscribe=topics, options={"rcvhwm": HWM})
        self._subscribers[joining.socket.ref] = peer
        self._raws[peer.raw] = peer
        self._poller.register(peer.raw, zmq.POLLIN)

    def _publishers(self, sockets: Sequence[LiveSocket]) -> tuple[Joining, ...]:
        """Those to subscribe to; none where the nodes copy."""
        joinings = [j for socket in sockets for j in by_subscribing(self.board, socket)]
        if self._accept or not any(disturbed_by_subscriber(j.socket) for j in joinings):
            return tuple(joinings)
        return ()

    def _copied(self, name: str) -> tuple[LiveSocket, ...]:
        """The sockets whose nodes are asked for copies; none where there is somebody to subscribe to. Raises
        UsageError where neither can be."""
        sockets = self.board.find(name)
        if self._publishers(sockets):
            return ()
        if all(socket.copies for socket in sockets):
            return sockets
        others = tuple(other for socket in sockets for other in self.board.others(socket))
        if others and all(other.copies for other in others):
            return others
        joinings = [j for socket in sockets for j in by_subscribing(self.board, socket)]
        raise no_tap(sockets[0], disturbed_by_subscriber(joinings[0].socket) if joinings else None)


def _subscribed(sockets: Iterable[LiveSocket]) -> tuple[str, ...]:
    """What the tapped sockets themselves ask for; everything, where they publish."""
    wanted = {prefix for s in sockets if s.type is SocketType.SUB for prefix in s.subscribe or ()}
    return tuple(sorted(wanted)) or ("",)
