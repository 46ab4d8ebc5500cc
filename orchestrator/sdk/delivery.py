"""What happens to a message for which there is no room (`delivery`), and to the first one while nobody is
there yet (`wait_for`)."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import zmq

from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.port import STOP_SEND_S, Port
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import OnLag, WaitFor

if TYPE_CHECKING:
    from orchestrator.sdk.incoming.accounts import Account
    from orchestrator.sdk.incoming.inlet import Found, Inlet
    from orchestrator.sdk.outgoing.outlet import Frames, Outlet

_RETRY_S: Final = 0.001
"""How soon the newest message of a `latest` socket is tried again."""
_HOLD_UP_S: Final = 0.05
"""How long a publisher's newest message waits for the slowest subscriber."""
_END_S: Final = 10.0
"""How long the last message of such a socket waits for room when its node ends by itself."""
_LOOK_S: Final = 0.005
"""How often it is looked whether those whom a first message waits for are there."""
AGAIN_S: Final = 5.0
"""How long a node that was started again waits for all: those who are still there connect sooner."""
_TELL_S: Final = 5.0
"""After so long it is said whom the node waits for, and then twice as late each time."""
_MOST: Final = 10_000
"""Messages that are read before the newest of them is handed over, however fast they come, and topics of
which the newest is kept: a stranger who gives each message its own must not fill the memory."""
_TIDY_S: Final = 10.0
"""How often subscriptions that nobody counts any more are read away."""


class Dropping:
    """`delivery: drop`: what finds no room is not sent, and counted."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def __call__(self, _frames: Frames, _timeout: float | None, records: int) -> bool:
        counters = self._port.counters
        counters.dropped += records
        self._port.reporter.dropped(self._port.name, counters.dropped, "the queue was full")
        return False


class Newest:
    """`delivery: latest`: the newest message of each topic waits until there is room, and takes the place of
    the one that waited before it.

    A publisher is full when one of its subscribers is. It waits for that one a moment, and then gives the
    message to the others alone: nobody holds up the rest.
    """

    def __init__(self, outlet: Outlet, *, seen: bool) -> None:
        """`seen`: the receivers see by the numbers what was passed over, and count it."""
        self._outlet = outlet
        self._seen = seen
        self._publishes = outlet.port.type in (SocketType.PUB, SocketType.XPUB)
        self._waiting: dict[bytes, tuple[Frames, float, int]] = {}
        """topic (or nothing) -> the frames, since when something waits there, and their records."""

    def __call__(self, frames: Frames, _timeout: float | None, records: int) -> bool:
        """There is no room for these frames: they wait, and count as sent."""
        chores = self._outlet.port.control.chores
        key = self._key(frames)
        found = self._waiting.get(key)
        self._overtaken(key)
        self._waiting[key] = (frames, chores.clock() if found is None else found[1], records)
        chores.after(_RETRY_S, self._again)
        return True

    def _key(self, frames: Frames) -> bytes:
        return bytes(frames[0]) if self._publishes and len(frames) > 1 else b""

    def _again(self) -> None:
        now = self._outlet.port.control.chores.clock()
        for key, (frames, since, _) in tuple(self._waiting.items()):
            try:
                self._outlet.hand_over(frames)
            except zmq.Again:
                if not self._publishes or now - since < _HOLD_UP_S:
                    continue
                self._to_those_with_room(frames)
            del self._waiting[key]
        if self._waiting:
            self._outlet.port.control.chores.after(_RETRY_S, self._again)

    def _to_those_with_room(self, frames: Frames) -> None:
        raw = self._outlet.port.raw
        raw.setsockopt(zmq.XPUB_NODROP, 0)
        try:
            self._outlet.hand_over(frames)
        finally:
            raw.setsockopt(zmq.XPUB_NODROP, 1)

    def note(self, frames: Frames) -> None:
        """These frames count as sent: what waited before them is overtaken, unless it is they."""
        key = self._key(frames)
        found = self._waiting.get(key)
        if found is not None and found[0] is not frames:
            self._overtaken(key)

    def _overtaken(self, key: bytes) -> None:
        found = self._waiting.pop(key, None)
        if found is not None and not self._seen:
            self._outlet.port.counters.dropped += found[2]

    def end(self) -> None:
        """Have what waits sent, as long as that takes within reason."""
        control = self._outlet.port.control
        until = time.monotonic() + _END_S
        while self._waiting and time.monotonic() < until:
            if control.stopping:
                until = min(until, time.monotonic() + STOP_SEND_S)
            self._outlet.port.wait(0, _RETRY_S)
        for key in tuple(self._waiting):
            self._overtaken(key)


class Gate:
    """`wait_for`: holds the first message until those who are to get it are there. It opens once: peers that
    go later, and come again, are no reason to stop."""

    def __init__(
        self,
        port: Port,
        wait_for: WaitFor,
        *,
        expected: int,
        subscriptions: Mapping[str, int],
        peers: Callable[[], int],
        again: bool = False,
    ) -> None:
        """`expected` sockets are at the other ends; `subscriptions` says which prefixes they ask for and how
        many of them; `peers` tells how many have finished the handshake. `again`: the node is not started
        for the first time, so that some of those may have done their work and be gone for good."""
        self._port = port
        self._timeout_s = wait_for.timeout_s
        self._wanted = expected if wait_for.count is None else wait_for.count
        self._all = wait_for.count is None
        self._patience_s = AGAIN_S if again and self._all else math.inf
        self._subscriptions = subscriptions
        self._peers = peers
        self._asked: Counter[bytes] = Counter()
        self._counts_subscriptions = port.type in (SocketType.PUB, SocketType.XPUB)

    def wait(self, timeout: float | None) -> float | None:
        """Return when the gate is open; what is left of `timeout`.

        Raises Timeout, Stopped, and NodeError when they have not come in the time that the topology gives.
        """
        began = time.monotonic()
        tell_at = began + _TELL_S
        control = self._port.control
        control.progress.busy_since = 0.0
        while not self._open():
            now = time.monotonic()
            if control.stopping:
                raise Stopped
            if timeout is not None and now - began >= timeout:
                raise Timeout(f"socket {self._port.name!r}: {self._missing()} after {timeout} s")
            if self._timeout_s is not None and now - began >= self._timeout_s:
                raise NodeError(
                    f"socket {self._port.name!r}: {self._missing()} after {self._timeout_s:g} s (`wait_for`)",
                    "see `orchestrator ps --links`, or raise wait_for's timeout",
                )
            if now - began >= self._patience_s:
                self._port.reporter.goes_on(self._port.name, self._missing(), self._patience_s)
                break
            if now >= tell_at:
                self._port.reporter.waits(self._port.name, self._missing())
                tell_at = now + 2 * (now - began)
            self._port.wait(0, _LOOK_S)
        control.progress.busy_since = time.monotonic()
        if self._counts_subscriptions:
            self._tidy()
        return None if timeout is None else max(0.0, timeout - (time.monotonic() - began))

    def _open(self) -> bool:
        if self._counts_subscriptions:
            self._read()
        return self._missing() == ""

    def _missing(self) -> str:
        """Who is not there, in words; empty when all are."""
        peers = self._peers()
        if peers < self._wanted:
            return f"{peers} of {self._wanted} peers are connected"
        if not self._counts_subscriptions:
            return ""
        if self._all:
            for prefix, count in self._subscriptions.items():
                there = self._asked[prefix.encode("utf-8", "surrogateescape")]
                if there < count:
                    return f"{there} of {count} peers have subscribed to {prefix!r}"
            return ""
        there = self._asked.total()
        return "" if there >= self._wanted else f"{there} of {self._wanted} peers have subscribed"

    def _read(self) -> None:
        """Take in the subscriptions that have come (ZMQ_XPUB: 1 or 0, then the prefix)."""
        raw = self._port.raw
        while True:
            try:
                told = raw.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if told[:1] == b"\1":
                self._asked[told[1:]] += 1
            elif told[:1] == b"\0" and self._asked[told[1:]]:
                self._asked[told[1:]] -= 1

    def _tidy(self) -> None:
        """Nobody counts any more; what is not read would be kept for ever."""
        if not self._port.raw.closed:
            self._read()
            self._asked.clear()
            self._port.control.chores.after(_TIDY_S, self._tidy)


def newest_of_each(inlet: Inlet) -> Callable[[], Found | None]:
    """`take` for a socket whose node wants the newest message of each topic (or peer): all that has come is
    read, and what is overtaken is counted as dropped."""
    take, kept, counters = inlet.take, inlet.kept, inlet.port.counters

    def newest() -> Found | None:
        for _ in range(_MOST):
            if len(kept) >= _MOST:  # as many topics are kept: what else comes has to wait in the queue
                break
            found = take()
            if found is None:
                break
            key = found[1]
            if kept.pop(key, None) is not None:
                counters.dropped += 1
            kept[key] = found
        if not kept:
            return None
        return kept.pop(next(iter(kept)))

    return newest


def on_late(port: Port, on_lag: OnLag, max_lag_s: float) -> Callable[[Account, int], None]:
    """What is done about a message that is older than `max_lag`, beside counting it."""

    def late(account: Account, lag_ns: int) -> None:
        lag_s = lag_ns / 1e9
        if on_lag is OnLag.EXIT:
            raise NodeError(
                f"socket {port.name!r}: a message from {account.sender or 'a sender'} was {lag_s:.3g} s old, "
                f"and max_lag is {max_lag_s:g} s",
                "this node is too slow for what comes in: give it replicas, or send it less",
            )
        port.reporter.late(port.name, account.sender, lag_s, account.late)

    return late
