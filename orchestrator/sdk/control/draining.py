"""When a node that is to stop has finished what it has: nothing more comes, and nothing is owed.

Whoever sends to it has been asked to wait (`Socket.hold`), but what was sent before is still on its way
through queues and kernels, which nobody can ask. So the node listens for a while: what was silent all the
time is empty.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.vocabulary import SocketType

TICK_S: Final = 0.02
"""The pause between two looks."""
LATE_S: Final = 0.06
"""A look that comes so long after the one before tells that the machine is slow, or that a message was in
hand: the silence between them proves nothing."""
QUIET_S: Final = 0.1
"""How long nothing must have come."""
TCP_QUIET_S: Final = 0.3
"""The same with TCP, where what was lost, or found the window closed, is sent again after 200 ms and more
(TCP_RTO_MIN of Linux)."""
OWED_S: Final = 1.0
"""The same, where answers are still to come or to be given."""
LOOKS: Final = 4
"""How often nothing must have been found, at least."""

DRAINED: Final = (
    SocketType.PULL,
    SocketType.REP,
    SocketType.ROUTER,
    SocketType.DEALER,
    SocketType.PAIR,
    SocketType.STREAM,
)
"""The types whose messages nobody else gets once they have been sent here. A SUB has no end of its own, and a
REQ receives what its node has asked for, and waits for it."""


class Listening(Protocol):
    """A socket at which it is heard whether something comes."""

    type: SocketType
    counters: SocketCounters

    @property
    def waiting(self) -> bool:
        """Whether something has come that has not been taken."""


class Drain:
    """The end of one node's work. `looked` and `quiet` may be read by any thread; the rest is the loop's."""

    __slots__ = ("_empty", "_last", "_quiet_s", "_received", "_since", "looked", "on_quiet", "quiet")

    def __init__(self, on_quiet: Callable[[], None], quiet_s: float = QUIET_S) -> None:
        self.looked = False
        """Whether the loop has a form that can be seen to have nothing to do."""
        self.quiet = False
        """Whether there was nothing to do for long enough."""
        self.on_quiet = on_quiet
        """Called on the loop's thread, again and again while it is quiet."""
        self._quiet_s = quiet_s
        self._empty = 0
        self._since = 0.0
        self._last = 0.0
        self._received = -1

    def look(self, sockets: Iterable[Listening], *, steady: bool = True) -> None:
        """See whether something is there. To be called every `TICK_S` while there is nothing in hand.

        `steady`: the caller comes so often that a gap means something.
        """
        received, waiting, owed = 0, False, False
        for socket in sockets:
            if socket.type in DRAINED:
                counters = socket.counters
                received += counters.received
                waiting = waiting or socket.waiting
                owed = owed or owes(socket)
        self.note(waiting=waiting, received=received, owed=owed, steady=steady)

    def note(self, *, waiting: bool, received: int, owed: bool = False, steady: bool = True) -> None:
        """The same for a loop that sees for itself what is waiting, and how much it has received by now."""
        self.looked = True
        now = time.monotonic()
        late = steady and now - self._last > LATE_S
        self._last = now
        if waiting or received != self._received or late:
            self._received = received
            self._since, self._empty = now, 0
            self.quiet = False
            return
        self._empty += 1
        self.quiet = self._empty >= LOOKS and now - self._since >= (OWED_S if owed else self._quiet_s)
        if self.quiet:
            self.on_quiet()


def owes(socket: Listening) -> bool:
    """Whether a socket has asked and not been answered yet, or was asked and has not answered. It may be that
    nobody expects an answer, so this is a reason to wait longer, and no more."""
    counters = socket.counters
    match socket.type:
        case SocketType.DEALER:
            return counters.sent > counters.received
        case SocketType.ROUTER:
            answerable = counters.received - counters.undecodable - counters.failed
            return answerable > counters.sent + counters.undeliverable
        case _:
            return False
