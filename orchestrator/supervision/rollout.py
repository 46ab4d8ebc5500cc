"""Changing several units in steps: each step is there before the next is taken. Requests that come meanwhile
wait; each is answered by one `RolloutEnded`.

What a unit does that a rollout has just started is no failure of the topology: it is *on trial* until it is
ready (`ending.give_up`, `outcome.fail`).
"""

from __future__ import annotations

import math

from orchestrator.supervision import changeover, rolling
from orchestrator.supervision.events import Replanned, RollingRestartRequested
from orchestrator.supervision.progress import end, forget, steady_at
from orchestrator.supervision.state import Phase, State
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def on_rollout_requested(turn: Turn, event: RollingRestartRequested | Replanned) -> None:
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
        _begin(turn)
        return True
    if state.rollout.change is not None:
        return changeover.look(turn, state.rollout, state.rollout.change)
    return rolling.look(turn, state.rollout)


def deadline(state: State) -> float:
    """When time alone decides about the present step (monotonic seconds)."""
    rollout = state.rollout
    if rollout is None or state.regroup is not None:
        return math.inf
    began = (state.units[n] for n, before in rollout.current.items() if state.units[n].run.attempt > before)
    steady = (steady_at(unit) for unit in began if unit.state is NodeState.READY)
    return min((rollout.due, *(at for at in steady if at > -math.inf)))


def _begin(turn: Turn) -> None:
    request, *others = turn.state.requests
    turn.set(requests=tuple(others))
    if isinstance(request, Replanned):
        changeover.begin(turn, request)
    else:
        rolling.begin(turn, request)


def _cancel(turn: Turn, reason: str) -> None:
    """End what goes on and what waits: nothing of it is to be expected any more."""
    if (rollout := turn.state.rollout) is not None:
        end(turn, rollout, ok=False, reason=reason)
    for request in turn.state.requests:
        forget(turn, request, reason)
    turn.set(requests=())
