"""What can be asked of a supervisor while it runs: each request becomes one event of the machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import RolloutEnded
from orchestrator.supervision.events import (
    Event,
    Replanned,
    RollingRestartRequested,
    StopRequested,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)


class Asked(ABC):
    """The requests. All belong to the loop's thread."""

    def __init__(self) -> None:
        self._rollouts = 0
        self._after: dict[int, Callable[[RolloutEnded], None]] = {}

    @abstractmethod
    def feed(self, event: Event) -> None:
        """Put one event through the machine."""

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """Bring everything down; `at_once` without grace."""
        self.feed(StopRequested(reason=reason, at_once=at_once))

    def restart(self, unit: str, reason: str = "asked to restart") -> None:
        """Replace one unit's process."""
        self.feed(UnitRestartRequested(unit=unit, reason=reason))

    def stop_unit(self, unit: str, reason: str = "asked to stop") -> None:
        """Stop one unit and keep it down; the topology stays up."""
        self.feed(UnitStopRequested(unit=unit, reason=reason))

    def start_unit(self, unit: str, reason: str = "asked to start") -> None:
        """Start one unit that was stopped, has failed or has finished, once its dependencies are there."""
        self.feed(UnitStartRequested(unit=unit, reason=reason))

    def rolling_restart(self, units: Iterable[str], reason: str = "asked to restart") -> int:
        """Replace units one at a time, each ready before the next; what others have asked for before comes
        first. Returns the number that `RolloutEnded` will have, if it has not been told already."""
        self._rollouts += 1
        self.feed(RollingRestartRequested(rollout=self._rollouts, units=tuple(units), reason=reason))
        return self._rollouts

    def replan(
        self,
        plan: Plan,
        replace: Iterable[str] = (),
        reason: str = "asked to change",
        *,
        ended: Callable[[RolloutEnded], None] | None = None,
    ) -> int:
        """Become another plan, or stay as it is when that does not work out; what others have asked for
        before comes first. Units whose launch differs are replaced, and those of `replace` in any case.

        `ended` is called when it is over, maybe before this returns. Returns as `rolling_restart` does.
        """
        self._rollouts += 1
        number = self._rollouts
        if ended is not None:
            self._after[number] = ended
        self.feed(Replanned(rollout=number, plan=plan, replace=frozenset(replace), reason=reason))
        return number

    def _rollout_is_over(self, report: RolloutEnded) -> None:
        """Tell the one who wanted to know."""
        if (after := self._after.pop(report.rollout, None)) is not None:
            after(report)
