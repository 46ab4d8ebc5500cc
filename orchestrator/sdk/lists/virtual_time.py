"""The time of a node under test: a clock that is moved by hand.

Nothing in it waits. A node that has nothing to do calls `VirtualTime.wait`, and whoever drives it decides
there what comes next.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.timers import Timers

LIMIT: Final = 10_000
"""Messages and waits after which a node that would go on for ever is stopped."""
_LAST_WORDS: Final = 100
"""How often a node that is to stop may still wait."""

Turn = Callable[["float | None", bool], bool]
"""What happens while the node waits: until when it would (None: until a message comes), and whether it is
done with all that it has. Whether something outside of this world is to be waited for."""


class VirtualTime:
    """The time of one node, and the line to its loop."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.control = NodeControl()
        self.now = 0.0
        """The clock, in seconds."""
        self.control.timers = Timers(lambda: self.now)
        self.control.chores = Timers(lambda: self.now)
        self.slept_s = 0.0
        self.turn: Turn = self._nothing_comes
        self.limit = limit
        self._counted = 0
        self._late = 0

    def count(self) -> None:
        """One more message or wait; the last one stops the node."""
        self._counted += 1
        if self._counted >= self.limit:
            self.control.stop()

    def count_anew(self) -> None:
        """What was counted so far was to be expected."""
        self._counted = 0

    def wait(self, until: float | None, *, idle: bool = False) -> bool:
        """The node has nothing to do until then, or until a message comes; it may be woken for nothing.

        Returns whether what it waits for can only come from outside of this world. Raises
        Stopped in a node that waits on and on although it is to stop.
        """
        self.count()
        if not self.control.stopping:
            return self.turn(until, idle)
        self._late += 1
        if self._late > _LAST_WORDS:
            raise Stopped
        if until is None:
            return True
        self.now = max(self.now, until)
        return False

    def pass_time(self, until: float | None, *, timers: bool) -> None:
        """Wait so, and let `timers` run that are due."""
        control = self.control
        due = control.timers.next_at if timers else math.inf
        first = min(math.inf if until is None else until, due)
        self.wait(None if first == math.inf else first, idle=until is None)
        control.run_due(idle=timers)

    def _nothing_comes(self, _until: float | None, _idle: bool) -> bool:
        self.control.stop()
        return False
