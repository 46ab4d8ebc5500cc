"""How often one hook may run. The time comes in as a number."""

from __future__ import annotations

from collections import deque


class Window:
    """At most `most` runs within `seconds`."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._runs: deque[float] = deque()

    def allows(self, now: float) -> bool:
        """Whether there may be a run now; if so, it counts."""
        while self._runs and now - self._runs[0] >= self._seconds:
            self._runs.popleft()
        if len(self._runs) >= self._most:
            return False
        self._runs.append(now)
        return True
