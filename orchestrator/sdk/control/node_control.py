"""The line between a node's loop and whoever hosts it: stop, finish, hold, commands, progress."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from math import inf
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from orchestrator import lanes
from orchestrator.sdk.control.draining import QUIET_S, TICK_S, Drain, Listening
from orchestrator.sdk.control.wake import Wake
from orchestrator.sdk.reports.progress import Progress
from orchestrator.sdk.timers import LONG_MS, Timers

if TYPE_CHECKING:
    from orchestrator.sdk.reports.rejects import Rejects


class Controlled(Listening, Protocol):
    """What the line and the host need of each socket of the node."""

    name: str
    tap: Callable[[list[bytes], bool], None] | None
    """Called with the frames of each message, and whether it was sent."""

    def heed(self) -> None:
        """See whether somebody holds or taps the socket. May be called from any thread."""

    def end(self) -> None:
        """Nothing more will be sent."""


class NodeControl:
    """Shared by a node's loop (one thread) and its host (another).

    `stop`, `finish`, `hold`, `release` and `post` may be called from any thread, and `stop` from signal
    handlers; the rest belongs to the loop's thread.
    """

    __slots__ = (
        "_thread",
        "chores",
        "commands",
        "dispatching",
        "drain",
        "holds",
        "in_hand",
        "is_async",
        "progress",
        "rejects",
        "rest",
        "sockets",
        "stopping",
        "timers",
        "wait_ms",
        "wake",
    )

    def __init__(self) -> None:
        self.stopping = False
        self.drain: Drain | None = None
        """The node is to stop once it has finished what it has."""
        self.wait_ms = -1
        """How long the loop may wait for messages (milliseconds, as poll(2) has it)."""
        self.dispatching = False
        """Messages go to handlers: a handler that waits for an answer has its message in hand."""
        self.is_async = False
        """The node's code runs in asyncio's loop."""
        self.in_hand = 0
        """Messages that a handler on asyncio is at; one that is a plain call has the thread to itself."""
        self.sockets: list[Controlled] = []
        self.holds: Mapping[str, Mapping[int, float]] = {}
        """socket -> the holds on it, and when each ends by itself (monotonic seconds)."""
        self._thread: int | None = None
        self.wake = Wake()
        self.commands: deque[Callable[[], None]] = deque()
        self.progress = Progress()
        self.rejects: Rejects | None = None
        """What an exception in the author's code means; None: the end of the node."""
        self.rest: Callable[[float], bool] = self.rest_slowly
        """The node's sleep, in seconds; whether it may go on. In C as long as nothing is due meanwhile, where
        that is compiled."""
        if lanes.COMPILED:
            self.rest = lanes.Rest(steps=self.progress, control=self, aside=self.rest_slowly)
        self.timers = Timers()
        """The author's: run between two messages, never inside a send or a request."""
        self.chores = Timers()
        """The SDK's own, which may run whenever the node's thread waits."""

    def stop(self) -> None:
        """Ask the loop to end.

        The wake descriptor stays readable from now on, so that no later wait misses it.
        """
        self.stopping = True
        self.wake.set()

    def finish(self, on_quiet: Callable[[], None] | None = None, quiet_s: float = QUIET_S) -> None:
        """Ask the loop to end once it has finished what it has; `on_quiet` is called on its thread when
        that is so (nothing has come for `quiet_s`), and calls `stop` (the default is `stop` itself)."""
        if self.drain is None:
            self.drain = Drain(on_quiet or self.stop, quiet_s)
            self.wait_ms = round(TICK_S * 1000)
            self.wake.set()

    @property
    def ending(self) -> bool:
        """Whether the node was asked to stop, be it at once or in its time."""
        return self.stopping or self.drain is not None

    def enter(self) -> None:
        """The calling thread is the loop's, the owner of the sockets."""
        self._thread = get_ident()

    def look(self) -> None:
        """A loop that takes its messages from the raw sockets is between two of them, or the call comes from
        elsewhere and means nothing."""
        if self.drain is not None and not self.dispatching and self._thread == get_ident():
            if any(socket.counters.received for socket in self.sockets):
                return  # it takes them by `receive`, which sees for itself, and may have one in hand now
            self.drain.look(self.sockets, steady=False)

    def hold(self, socket: str, number: int, until: float) -> None:
        """Have sends on a socket wait until `release(number)`, but no longer than `until` (monotonic
        seconds)."""
        held = {**self.holds.get(socket, {}), number: until}
        self._hold({**self.holds, socket: held})

    def release(self, number: int) -> None:
        """End a hold, on whatever sockets it is. One that is not known is no error."""
        left = {name: {n: t for n, t in held.items() if n != number} for name, held in self.holds.items()}
        self._hold({name: held for name, held in left.items() if held})

    def _hold(self, holds: Mapping[str, Mapping[int, float]]) -> None:
        self.holds = holds
        for socket in self.sockets:
            socket.heed()
        self.wake.set()

    def held_until(self, socket: str) -> float:
        """When a socket's last hold ends by itself; 0 for one that is not held."""
        return max(self.holds.get(socket, {}).values(), default=0.0)

    def post(self, command: Callable[[], None]) -> None:
        """Have `command` run on the loop's thread, the owner of the sockets."""
        self.commands.append(command)
        self.wake.set()

    def run_commands(self) -> None:
        """Carry out what was posted. Called by the loop whenever the wake descriptor was readable."""
        if not self.stopping:
            self.wake.clear()
            if self.stopping:  # asked between the two lines above
                self.wake.set()
        while self.commands:
            self.commands.popleft()()

    def poll_ms(self, limit_ms: int, *, idle: bool) -> int:
        """How long a poll may wait (-1: for ever) before something is due. `idle`: no message is in hand."""
        if self.chores.next_at != inf:
            limit_ms = self.chores.wait_ms(limit_ms)
        if idle and self.timers.next_at != inf:
            limit_ms = self.timers.wait_ms(limit_ms)
        return limit_ms

    def run_due(self, *, idle: bool) -> None:
        """Do what is due."""
        if self.chores.next_at != inf:
            self.chores.run()
        if idle and self.timers.next_at != inf:
            self.timers.run()

    def rest_slowly(self, seconds: float) -> bool:
        """Wait, but no longer than until the node is to stop, with timers and commands carried out. Whether
        it may go on."""
        now = monotonic()
        progress, idle, end = self.progress, not self.dispatching, now + seconds
        progress.busy_since = 0.0
        while not self.stopping and now < end:
            left = end - now
            if self.drain is not None:
                left = min(left, TICK_S)
                self.look()
            if self.wake.wait(self.poll_ms(round(min(left * 1000, LONG_MS)) or 1, idle=idle)):
                self.run_commands()
            self.run_due(idle=idle)
            now = monotonic()
        progress.steps += 1
        progress.busy_since = now
        return not self.stopping

    def close(self) -> None:
        self.wake.close()
