"""What all rollouts share: whether the units of a step have come where they should, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from orchestrator.planning.changes import changes
from orchestrator.supervision.actions import RolloutEnded
from orchestrator.supervision.ending import UNKILLABLE_S
from orchestrator.supervision.events import Replanned, RollingRestartRequested
from orchestrator.supervision.readiness import ready_timeout
from orchestrator.supervision.state import HeldBy, Rollout, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState

Arrived = Callable[[Unit, int], bool | None]
"""Of a unit and its last attempt before the step: whether it has come where it should; None while that is
open."""


def update(turn: Turn, rollout: Rollout, arrived: Arrived) -> tuple[Rollout, list[str]]:
    """Note who of the present step has arrived. The others that will not arrive are named."""
    answers = {name: arrived(turn.units[name], before) for name, before in rollout.current.items()}
    there = tuple(name for name, answer in answers.items() if answer)
    if there:
        current = {name: before for name, before in rollout.current.items() if name not in there}
        rollout = replace(rollout, current=current, done=(*rollout.done, *there))
        turn.set(rollout=rollout)
    return rollout, [name for name, answer in answers.items() if answer is False]


def is_there(unit: Unit, before: int) -> bool | None:
    """Whether a unit that was started is ready, or has succeeded."""
    if unit.settled:
        return None if unit.comes_back else unit.state is NodeState.EXITED
    if unit.run.attempt > before:
        if unit.state is NodeState.READY:
            return True
        if unit.state is NodeState.BACKOFF:
            return not unit.failures  # a task that runs again and again, and has just succeeded
    return None


def is_stopped_by_user(unit: Unit) -> bool:
    """Whether the unit is down since the user wants it so."""
    return unit.settled and unit.hold is not None and unit.hold.by is HeldBy.USER


def not_there(unit: Unit) -> str:
    """Why a unit has not arrived."""
    return f"{unit.name} is not ready: {unit.reason if unit.hold is None else unit.hold.reason}"


def too_late(unit: Unit) -> str:
    """Why the time of a unit is over."""
    how = "it waits for others" if unit.waiting else f"it is {unit.state}"
    return f"{unit.name} is not ready in time: {how} ({unit.reason})"


def patience(unit: Unit) -> float:
    """The longest that a unit may take from being told to stop until it is ready again."""
    return unit.plan.stop.grace_s + UNKILLABLE_S + ready_timeout(unit.coming)


def end(turn: Turn, rollout: Rollout, *, ok: bool, reason: str, rolled_back: bool = False) -> None:
    """Tell of the end, and make room for the next."""
    change = rollout.change
    names = (*rollout.done, *rollout.current, *rollout.left) if change is None else change.names
    done = () if rolled_back else tuple(name for name in names if name in rollout.done)
    turn.emit(
        RolloutEnded(
            rollout=rollout.number,
            ok=ok,
            reason=reason,
            done=done,
            left=tuple(name for name in names if name not in done),
            rolled_back=rolled_back,
        )
    )
    turn.set(rollout=None)


def forget(turn: Turn, request: RollingRestartRequested | Replanned, reason: str) -> None:
    """Tell of the end of one that never began."""
    if isinstance(request, RollingRestartRequested):
        left = request.units
    else:
        found = changes(turn.state.plan, request.plan)
        left = tuple(dict.fromkeys((*found.removed, *found.added, *found.replaced, *request.replace)))
    turn.emit(RolloutEnded(rollout=request.rollout, ok=False, reason=reason, done=(), left=left))
