"""How long a unit may take for its end: to finish what it has, and to have its last messages taken."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Final

from orchestrator.host.instance import Instance

STOP_LINGER_MS: Final = 250
"""How long what is still queued may take to leave once the node is to stop at once."""
_RESERVE_S: Final = 1.0
"""What is kept of the grace for the step in hand, the teardown and the last messages; at most half of it."""
_EXIT_S: Final = 0.3
"""What is kept of it for the exit itself."""
_TICK_S: Final = 0.2


class Finishing:
    """One unit's way from `STOP` with `drain` to its end. `begin` and `tick` belong to the control thread."""

    def __init__(
        self, grace_s: float, instances: Callable[[], Sequence[Instance]], stop: Callable[[], None]
    ) -> None:
        self._grace_s = grace_s
        self._instances = instances
        self._stop = stop
        self.began: float | None = None
        """When the unit was asked to finish (monotonic seconds), if it was."""

    def begin(self, now: float, seconds: float) -> None:
        """Ask all instances to finish what they have, within `seconds` of the grace. Asked twice is asked
        once."""
        if self.began is None:
            self.began = now
            self._grace_s = min(self._grace_s, seconds)
            for instance in self._instances():
                instance.finish(self._look)

    def _look(self) -> None:
        """One instance has nothing left. Those of one process may send to each other: they end together."""
        if all(instance.finished for instance in self._instances()):
            self._stop()

    def tick(self, now: float) -> float | None:
        """Give up what is not finished in time. How soon to look again, or None when there is nothing to look
        after."""
        if self.began is None or all(i.control.stopping for i in self._instances()):
            return None
        seen = any(i.control.drain is not None and i.control.drain.looked for i in self._instances())
        patience_s = max(self._grace_s / 2, self._grace_s - _RESERVE_S) if seen else self._grace_s / 2
        if now - self.began >= patience_s:
            if seen:
                sys.stderr.write(f"not finished within {patience_s:g} s: what is still queued here is lost\n")
            self._stop()
            return None
        self._look()
        return _TICK_S

    def linger_s(self, now: float) -> float:
        """How long what has been sent may take to be taken, once the unit is to stop."""
        least = STOP_LINGER_MS / 1000
        if self.began is None:
            return least
        return max(least, self.began + self._grace_s - _EXIT_S - now)
