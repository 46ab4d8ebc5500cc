"""What a node's loop has to do at a certain time: the author's timers, batches that must not wait longer.

Every loop of the SDK (the dispatcher, a socket that waits, `sleep`, asyncio) asks when the next one is due,
and runs it. A loop of the author's own that does none of these runs none.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable

Call = Callable[[], None]

LONG_MS = 86_400_000
"""The longest single wait: poll(2) knows none above 2^31 ms."""


class Timer:
    """One call at one time."""

    __slots__ = ("call", "cancelled", "when")

    def __init__(self, when: float, call: Call) -> None:
        self.when = when
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """Have it not be called. May be called after it was."""
        self.cancelled = True


class Timers:
    """The timers of one node. Belongs to the thread of its loop.

    `clock` gives monotonic seconds.
    """

    __slots__ = ("_heap", "_order", "clock", "next_at", "on_sooner")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.next_at = math.inf
        """When the next one is due (monotonic seconds); infinite when there is none."""
        self.on_sooner: Call | None = None
        """Called when `next_at` has become earlier; asyncio's loop needs it."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    def at(self, when: float, call: Call) -> Timer:
        """Have `call` called at `when` (monotonic seconds), or as soon after it as the loop comes by."""
        timer = Timer(when, call)
        heapq.heappush(self._heap, (when, next(self._order), timer))
        if when < self.next_at:
            self.next_at = when
            if self.on_sooner is not None:
                self.on_sooner()
        return timer

    def after(self, seconds: float, call: Call) -> Timer:
        """The same, so many seconds from now."""
        return self.at(self.clock() + seconds, call)

    def run(self) -> None:
        """Call what is due. What a call adds waits for the next turn, so that none can keep the loop."""
        now = self.clock()
        if now < self.next_at:
            return
        due: list[Timer] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap)[2])
        self._note_next()
        for position, timer in enumerate(due):
            if timer.cancelled:
                continue
            try:
                timer.call()
            except BaseException:
                for left in due[position + 1 :]:
                    heapq.heappush(self._heap, (left.when, next(self._order), left))
                self._note_next()
                raise

    def _note_next(self) -> None:
        while self._heap and self._heap[0][2].cancelled:
            heapq.heappop(self._heap)
        self.next_at = self._heap[0][0] if self._heap else math.inf

    def left_s(self) -> float | None:
        """Seconds until the next one is due, 0 when it is; None when there is none."""
        return None if self.next_at == math.inf else max(0.0, self.next_at - self.clock())

    def wait_ms(self, limit_ms: int) -> int:
        """How long a poll may wait: `limit_ms` (-1: for ever), but not beyond the next timer."""
        if self.next_at == math.inf:
            return limit_ms
        own = min(max(0, math.ceil((self.next_at - self.clock()) * 1000)), LONG_MS)
        return own if limit_ms < 0 else min(own, limit_ms)
