"""What all rollouts share: whether the units of a step have come where they should, and how it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from orchestrator.planning.changes import changes
from orchestrator.supervision.actions import RolloutEnded
from orchestrator.supervision.ending import UNKILLABLE_S
from orchestrator.supervision.events import Replanned, RollingRestartRequested
from orchestrator.supervision.readiness import needs_probe, needs_report, ready_timeout
from orchestrator.supervision.state import HeldBy, Rollout, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState

STEADY_S: Final = 1.0
"""A unit of which nothing says when it is ready must have run for so long (as supervisord's `startsecs`):
what ends sooner has not come up."""

Arrived = Callable[[Unit, int, float], bool | None]
"""Of a unit, its last attempt before the step, and the time: whether it has come where it should; None while
that is open."""


def update(turn: Turn, rollout: Rollout, arrived: Arrived) -> tuple[Rollout, list[str]]:
    """Note who of the present step has arrived. The others that will not arrive are named."""
    answers = {name: arrived(turn.units[name], before, turn.now) for name, before in rollout.current.items()}
    there = tuple(name for name, answer in answers.items() if answer)
    if there:
        current = {name: before for name, before in rollout.current.items() if name not in there}
        rollout = replace(rollout, current=current, done=(*rollout.done, *there))
        turn.set(rollout=rollout)
        for name in there:
            turn.update(turn.units[name], trial=None)
    return rollout, [name for name, answer in answers.items() if answer is False]


def is_there(unit: Unit, before: int, now: float) -> bool | None:
    """Whether a unit that was started is ready, or has succeeded."""
    if unit.settled:
        return None if unit.comes_back else unit.state is NodeState.EXITED
    if unit.run.attempt > before:
        if unit.state is NodeState.READY:
            return True if now >= steady_at(unit) else None
        if unit.state is NodeState.BACKOFF:
            return not unit.failures  # a task that runs again and again, and has just succeeded
    return None


def steady_at(unit: Unit) -> float:
    """When a unit that counts as ready really is (monotonic seconds)."""
    known = needs_report(unit.plan) or needs_probe(unit.plan)
    return -math.inf if known else unit.run.spawned_at + STEADY_S


def lost(turn: Turn, names: Iterable[str]) -> str | None:
    """Why a rollout must not go on: one that was ready has failed since."""
    for name in names:
        unit = turn.units[name]
        if unit.state is NodeState.FAILED or (unit.state is NodeState.BACKOFF and unit.failures):
            return f"{name} became ready, but not for long: {unit.reason}"
    return None


def is_stopped_by_user(unit: Unit) -> bool:
    """Whether the unit is down, or on its way there, since the user wants it so."""
    return unit.hold is not None and unit.hold.by is HeldBy.USER


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
