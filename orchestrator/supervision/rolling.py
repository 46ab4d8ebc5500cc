"""The rolling restart: one unit at a time, each ready before the next; the first that is not ends it."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.supervision.ending import ask_to_stop
from orchestrator.supervision.events import RollingRestartRequested
from orchestrator.supervision.progress import (
    end,
    is_stopped_by_user,
    is_there,
    lost,
    not_there,
    patience,
    too_late,
    update,
)
from orchestrator.supervision.start import start_anew
from orchestrator.supervision.state import Ending, EndKind, Rollout, Trial
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def begin(turn: Turn, request: RollingRestartRequested) -> None:
    wanted = frozenset(request.units)
    names = tuple(name for name in turn.wiring.plans if name in wanted)
    turn.set(rollout=Rollout(number=request.rollout, reason=request.reason, left=names))


def look(turn: Turn, rollout: Rollout) -> bool:
    """See what became of the unit whose turn it was, and go on to the next. Whether anything was done."""
    trouble = lost(turn, rollout.done)
    if trouble is None:
        rollout, stranded = update(turn, rollout, is_there)
        if stranded:
            trouble = not_there(turn.units[stranded[0]])
        elif rollout.current and rollout.due <= turn.now:
            trouble = " and ".join(too_late(turn.units[name]) for name in rollout.current)
    if trouble is not None:
        end(turn, rollout, ok=False, reason=trouble)
        return True
    if rollout.current:
        return False
    following = _next(turn, rollout)
    if following is not None:
        _take(turn, rollout, following)
    else:
        end(turn, rollout, ok=True, reason=rollout.reason)
    return True


def _next(turn: Turn, rollout: Rollout) -> str | None:
    """Whose turn it is: those that are not ready first, so that no more are down than must be. Those that the
    user has stopped are passed over."""
    wanted = [name for name in rollout.left if not is_stopped_by_user(turn.units[name])]
    down = (name for name in wanted if turn.units[name].state is not NodeState.READY)
    return next(down, wanted[0] if wanted else None)


def _take(turn: Turn, rollout: Rollout, name: str) -> None:
    unit = turn.units[name]
    left = tuple(other for other in rollout.left if other != name)
    current = {name: unit.run.attempt}
    turn.set(rollout=replace(rollout, left=left, current=current, due=turn.now + patience(unit)))
    if unit.run.has_process and not unit.settled:
        unit = turn.update(unit, hold=None, trial=Trial.LENIENT)
        ask_to_stop(turn, unit, Ending(kind=EndKind.RESTART, reason=rollout.reason))
    elif not unit.run.has_process:
        start_anew(turn, turn.update(unit, trial=Trial.LENIENT), rollout.reason)
