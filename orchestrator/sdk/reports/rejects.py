"""Messages that a node could not use: what cannot be read, and what its code did not survive.

All of them pass through here. Each is counted, told on standard error with its origin (the first in full,
then numbers), and sent to the node's dead-letter socket if it has one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.reports.sampling import EVERY_S, Samples
from orchestrator.sdk.reports.tracebacks import in_one_line, spot, user_traceback, where
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import OnError

if TYPE_CHECKING:
    from orchestrator.sdk.timers import Timers

_REASON_CHARACTERS: Final = 1000
"""The longest reason that is sent along."""


class DeadLetters(Protocol):
    """Where what could not be used goes: a socket of the same node."""

    name: str

    def forward(self, frames: Sequence[bytes]) -> None:
        """Send frames as they are, without waiting. What finds no room is counted as dropped."""


class Judged(DeadLetters, Protocol):
    """A socket whose messages are judged."""

    type: SocketType
    counters: SocketCounters

    @property
    def reporter(self) -> Reporter:
        """Tells what happens to its messages."""

    def use_rejects(self, rejects: Rejects) -> None:
        """Tell it of each message that cannot be used."""

    def keep_frames(self) -> None:
        """Keep the frames of the last message that came in."""


class Rejects:
    """One node instance's. Belongs to the node's thread."""

    def __init__(
        self,
        node: str,
        *,
        on_error: OnError = OnError.FAIL,
        samples: Samples | None = None,
        chores: Timers | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._node = node
        self._clock = clock
        self._chores = chores
        self._due = False
        self.on_error = on_error
        self.samples = samples or Samples()
        self.dead_letter: DeadLetters | None = None
        """Set once the sockets are made."""

    def watch(self, sockets: Iterable[Judged], dead_letter: str | None) -> None:
        """All that comes by these sockets is judged here; `dead_letter` is the name of one of them."""
        for socket in sockets:
            socket.use_rejects(self)
            if socket.name == dead_letter:
                self.dead_letter = socket
            elif self.on_error is OnError.DEAD_LETTER and socket.type.receives:
                socket.keep_frames()

    def bad(self, socket: Judged, reason: str, frames: Sequence[bytes], origin: str = "") -> None:
        """A message that came in and cannot be used: it cannot be decoded, fails its schema, is too large."""
        counters = socket.counters
        counters.undecodable += 1
        socket.reporter.undecodable(socket.name, reason, origin, counters.undecodable)
        self._bury(socket, reason, frames, origin)

    def failed(
        self, socket: Judged, error: BaseException, frames: Sequence[bytes] = (), origin: str = ""
    ) -> None:
        """A handler has raised, and the node goes on (`on_error`)."""
        socket.counters.failed += 1
        self.tell(f"socket {socket.name}: the message is passed over", error)
        if self.on_error is OnError.DEAD_LETTER:
            place = where(error)
            reason = f"{in_one_line(error)} ({place})" if place else in_one_line(error)
            self._bury(socket, reason, frames, origin)

    def tell(self, what: str, error: BaseException) -> None:
        """An exception that is no reason to end: its traceback once, then how many more there were."""

        def brief() -> str:
            place = where(error)
            return f"{what}: {in_one_line(error)}" + (f" ({place})" if place else "")

        self.samples.note(
            (what, type(error), spot(error)), lambda: f"{what}:\n{user_traceback(error)}", brief
        )
        if self._chores is not None and not self._due:
            self._due = True
            self._chores.after(EVERY_S, self._flush)

    def _flush(self) -> None:
        """Numbers are told also when nothing more comes."""
        self._due = False
        self.samples.flush()

    def _bury(self, socket: Judged, reason: str, frames: Sequence[bytes], origin: str) -> None:
        """Send a message to the dead-letter socket, without waiting: a node must not stand still for what it
        could not use. What finds no room there is counted as dropped by that socket."""
        dead = self.dead_letter
        if dead is None or dead.name == socket.name:
            return
        told = {
            "reason": reason[:_REASON_CHARACTERS],
            "node": self._node,
            "socket": socket.name,
            "time": round(self._clock(), 6),
            "origin": origin,
        }
        dead.forward([json.dumps(told).encode(), *frames])
