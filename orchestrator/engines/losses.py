"""How often the process that starts programs was lost of late."""

from __future__ import annotations

from collections import deque
from typing import Final

from orchestrator.errors import RunError

MOST: Final = 3
WINDOW_S: Final = 60.0
"""More zygotes than this lost within the window are no accident: the engine gives up."""


class Losses:
    """The times of the losses."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def note(self, now: float) -> None:
        """One more, at a time in monotonic seconds."""
        self._times.append(now)
        while now - self._times[0] > WINDOW_S:
            self._times.popleft()

    def judge(self) -> None:
        """Raises RunError when they are no accident any more."""
        if len(self._times) > MOST:
            raise RunError(f"it was lost {len(self._times)} times within {WINDOW_S:g} s")
