"""When each message of a recording is due. Pure but for the clock that is given."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from orchestrator.errors import UsageError

MAX: Final = math.inf
_SHORTEST_S: Final = 0.0005
"""A shorter pause is not slept: a sleep overshoots by about as much."""


def speed(word: str) -> float:
    """`1x`, `0.5x`, `10`, `max`. Raises UsageError."""
    if word == "max":
        return MAX
    try:
        found = float(word.removesuffix("x"))
        if 0 < found < math.inf:
            return found
    except ValueError:
        pass
    raise UsageError(f"--speed: {word!r} is no speed", "for example 1x, 0.5x, 10x, max")


class Pacer:
    """Waits until a message's time has come. The first one is due at once; later ones are measured from it,
    so that being late once makes nothing else late."""

    def __init__(
        self,
        factor: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._factor = factor
        self._clock = clock
        self._sleep = sleep
        self._first: tuple[float, int] | None = None
        self.behind_s = 0.0
        """The most that a message was late."""

    def wait(self, at_ns: int) -> None:
        """Until the message that was seen then is due."""
        now = self._clock()
        if self._first is None:
            self._first = (now, at_ns)
        if self._factor == MAX:
            return
        began, first_ns = self._first
        due = began + (at_ns - first_ns) / 1e9 / self._factor
        if due - now > _SHORTEST_S:
            self._sleep(due - now)
        else:
            self.behind_s = max(self.behind_s, now - due)
