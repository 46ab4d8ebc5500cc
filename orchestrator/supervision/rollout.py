"""Changing several units in steps: each step is there before the next is taken, and the first that does not
get there ends the rollout. Requests that come meanwhile wait; each is answered by one `RolloutEnded`.

What a unit does that a rollout has just started is no failure of the topology: it is *on trial* until it is
ready (`ending.give_up`, `outcome.fail`).
"""

from __future__ import annotations

import math
from dataclasses import replace

from orchestrator.supervision.actions import RolloutEnded
from orchestrator.supervision.ending import UNKILLABLE_S, ask_to_stop
from orchestrator.supervision.events import RollingRestartRequested
from orchestrator.supervision.readiness import ready_timeout
from orchestrator.supervision.start import start_anew
from orchestrator.supervision.state import Ending, EndKind, Phase, Rollout, State, Trial, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def on_rolling_restart_requested(turn: Turn, event: RollingRestartRequested) -> None:
    turn.set(requests=(*turn.state.requests, event))


def proceed(turn: Turn) -> bool:
    """Take the next step where the one before is over. Whether anything was done.

    Called when all that follows from an event has been done.
    """
    state = turn.state
    if state.rollout is None and not state.requests:
        return False
    if state.phase is not Phase.UP:
        stops = state.phase is Phase.STOPPING
        _cancel(turn, f"the topology stops: {state.end_reason}" if stops else "the topology is not up")
        return False
    if state.regroup is not None:  # units that start again together are not to be pulled apart
        return False
    if state.rollout is None:
        _begin(turn, state.requests[0])
        turn.set(requests=state.requests[1:])
        return True
    return _look(turn, state.rollout)


def deadline(state: State) -> float:
    """When time alone decides about the present step (monotonic seconds)."""
    return math.inf if state.rollout is None or state.regroup is not None else state.rollout.due


def _cancel(turn: Turn, reason: str) -> None:
    """End what goes on and what waits: nothing of it is to be expected any more."""
    if (rollout := turn.state.rollout) is not None:
        _end(turn, rollout, ok=False, reason=reason)
    for request in turn.state.requests:
        turn.emit(RolloutEnded(rollout=request.rollout, ok=False, reason=reason, done=(), left=request.units))
    turn.set(requests=())


def _begin(turn: Turn, request: RollingRestartRequested) -> None:
    wanted = frozenset(request.units)
    names = tuple(name for name in turn.wiring.plans if name in wanted)
    turn.set(rollout=Rollout(number=request.rollout, reason=request.reason, left=names))


def _look(turn: Turn, rollout: Rollout) -> bool:
    """See what became of the present step, and take the next when it is over."""
    trouble = _lost(turn, rollout)
    current = dict(rollout.current)
    for name, before in rollout.current.items():
        if trouble is None and (there := _is_there(turn.units[name], before)) is not None:
            if there:
                del current[name]
            else:
                trouble = f"{name} is not ready: {_how_it_stands(turn.units[name])}"
    if trouble is None and current and rollout.due <= turn.now:
        trouble = " and ".join(f"{name} {_too_late(turn.units[name])}" for name in current)
    if trouble is not None:
        _end(turn, replace(rollout, current=current), ok=False, reason=trouble)
        return True
    if len(current) < len(rollout.current):
        arrived = tuple(name for name in rollout.current if name not in current)
        rollout = replace(rollout, current=current, done=(*rollout.done, *arrived))
        turn.set(rollout=rollout)
    if current:
        return False
    if rollout.left:
        _take(turn, rollout, _next(turn, rollout))
    else:
        _end(turn, rollout, ok=True, reason=rollout.reason)
    return True


def _lost(turn: Turn, rollout: Rollout) -> str | None:
    """Why the rollout must not go on: a replacement was ready, and has failed since."""
    for name in rollout.done:
        unit = turn.units[name]
        if unit.state is NodeState.FAILED or (unit.state is NodeState.BACKOFF and unit.failures):
            return f"{name} became ready, but not for long: {unit.reason}"
    return None


def _is_there(unit: Unit, before: int) -> bool | None:
    """Whether the unit has come where the step should bring it; None while that is open."""
    if unit.settled:
        return None if unit.comes_back else unit.state is NodeState.EXITED
    if unit.run.attempt > before:
        if unit.state is NodeState.READY:
            return True
        if unit.state is NodeState.BACKOFF:
            return not unit.failures  # a task that runs again and again, and has just succeeded
    return None


def _how_it_stands(unit: Unit) -> str:
    return unit.reason if unit.hold is None else unit.hold.reason


def _too_late(unit: Unit) -> str:
    how = "it waits for others" if unit.waiting else f"it is {unit.state}"
    return f"is not ready in time: {how} ({unit.reason})"


def _next(turn: Turn, rollout: Rollout) -> str:
    """Whose turn it is: those that are not ready first, so that no more are down than must be."""
    for name in rollout.left:
        if turn.units[name].state is not NodeState.READY:
            return name
    return rollout.left[0]


def _take(turn: Turn, rollout: Rollout, name: str) -> None:
    unit = turn.units[name]
    left = tuple(other for other in rollout.left if other != name)
    current = {name: unit.run.attempt}
    turn.set(
        rollout=replace(rollout, left=left, current=current, due=turn.now + UNKILLABLE_S + _patience(unit))
    )
    if unit.run.has_process and not unit.settled:
        unit = turn.update(unit, hold=None, trial=Trial.LENIENT)
        ask_to_stop(turn, unit, Ending(kind=EndKind.RESTART, reason=rollout.reason))
    elif not unit.run.has_process:
        start_anew(turn, unit, rollout.reason)
        turn.update(turn.units[name], trial=Trial.LENIENT)


def _patience(unit: Unit) -> float:
    """Seconds that a unit has from being told to stop until it is ready again."""
    return unit.plan.stop.grace_s + ready_timeout(unit.plan)


def _end(turn: Turn, rollout: Rollout, *, ok: bool, reason: str) -> None:
    order = (*rollout.current, *rollout.left)
    turn.emit(RolloutEnded(rollout=rollout.number, ok=ok, reason=reason, done=rollout.done, left=order))
    turn.set(rollout=None)
