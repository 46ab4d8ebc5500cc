"""What a node has done so far, in plain attributes.

Written by the node's own thread, read by the control thread. Single attribute stores are atomic in CPython,
and a figure that is one step old does no harm: there is no lock in the data path.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from orchestrator.lanes import Steps, Tally
from orchestrator.sdk.reports.meters import Meters

if TYPE_CHECKING:
    from orchestrator.sdk.reports.accounts import Accounts
    from orchestrator.sdk.reports.request_counters import AnswerCounters, RequestCounters


class SocketCounters(Tally):
    """Messages that went through one socket: `sent` and `received` so many, `sent_bytes` and
    `received_bytes` of all frames, topics and delimiters included; `number` is that of the last record that
    got one from its envelope."""

    __slots__ = (
        "_waits",
        "accounts",
        "answering",
        "asking",
        "dropped",
        "failed",
        "shared",
        "shared_full",
        "undecodable",
        "undeliverable",
    )

    def __init__(self) -> None:
        super().__init__()
        self.accounts: Accounts | None = None
        """What came of each sender, where messages have an envelope."""
        self.asking: RequestCounters | None = None
        """Of a socket whose requests are looked after (`retry`, `breaker`, `failover`, an envelope)."""
        self.answering: AnswerCounters | None = None
        """Of a REP or ROUTER whose messages say that they are requests."""
        self.undecodable = 0
        self.undeliverable = 0
        """Messages of a ROUTER whose peer was gone or full."""
        self.dropped = 0
        """Messages that its own socket had no room for, and that were not to wait (`delivery`)."""
        self.failed = 0
        """Messages at which the node's own code raised, and which were passed over (`on_error`)."""
        self.shared = 0
        """Messages that were sent through shared memory."""
        self.shared_full = 0
        """Those that were copied because its pool had no room."""
        self._waits = (0.0, 0.0, 0)
        """Seconds of the waits that are over, since when the present one lasts, and how many there are now
        (one that waits may do chores that wait). One value, so that no reader sees half of a change."""

    @property
    def blocked_s(self) -> float:
        """How long sends have waited for room, the one that waits now among them."""
        over, since, waiting = self._waits
        return over + (time.monotonic() - since if waiting else 0.0)

    def wait_begins(self) -> None:
        """A send finds no room."""
        over, since, waiting = self._waits
        self._waits = (over, since if waiting else time.monotonic(), waiting + 1)

    def wait_ends(self) -> None:
        """It has been sent, or given up."""
        over, since, waiting = self._waits
        if waiting == 1:
            over += time.monotonic() - since
        self._waits = (over, since, waiting - 1)


class Progress(Steps):
    """`steps` of the main loop.

    A step is one message handled, one value yielded, or one turn of a node's own loop. `busy_since` are the
    monotonic seconds at which the loop last turned from waiting to working; 0 while it waits.
    """

    __slots__ = ("meters", "sockets")

    def __init__(self) -> None:
        super().__init__()
        self.sockets: dict[str, SocketCounters] = {}
        self.meters = Meters(_say)
        """The counters and gauges of the node's author."""


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
