"""The machine: one event in, the new state and the actions out. The whole judgement of the supervisor is
behind `step`.

No I/O, no clock, no randomness, no logging. No event in any order raises: one that names an unknown unit, a
stale attempt or a foreign process, or that comes after the end, changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from orchestrator.supervision.actions import Action
from orchestrator.supervision.adoption import on_adopted, on_recalled
from orchestrator.supervision.deadlines import on_ticked
from orchestrator.supervision.events import (
    Adopted,
    Bound,
    Event,
    Exited,
    FailureReported,
    ProbeFailed,
    ProbeSucceeded,
    ReadyReported,
    Recalled,
    Replanned,
    RollingRestartRequested,
    Spawned,
    SpawnFailed,
    StartRequested,
    StopRequested,
    Ticked,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.exits import on_exited, on_failure_reported
from orchestrator.supervision.readiness import on_probe_failed, on_probe_succeeded, on_ready_reported
from orchestrator.supervision.regroup import on_group_down
from orchestrator.supervision.requests import (
    on_unit_restart_requested,
    on_unit_start_requested,
    on_unit_stop_requested,
)
from orchestrator.supervision.rollout import deadline, on_rollout_requested, proceed
from orchestrator.supervision.start import (
    on_bound,
    on_spawn_failed,
    on_spawned,
    on_start_possible,
    on_start_requested,
)
from orchestrator.supervision.state import Phase, State, initial
from orchestrator.supervision.stop import on_gate_quiet, on_stop_requested
from orchestrator.supervision.turn import BackoffOver, GateOpened, GateQuiet, GroupDown, Turn, UnitSettled
from orchestrator.supervision.verdict import conclude, on_unit_settled

__all__ = ["State", "initial", "is_finished", "is_up", "next_deadline", "step"]

_HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    StartRequested: on_start_requested,
    Adopted: on_adopted,
    Recalled: on_recalled,
    Spawned: on_spawned,
    SpawnFailed: on_spawn_failed,
    Bound: on_bound,
    ReadyReported: on_ready_reported,
    FailureReported: on_failure_reported,
    ProbeSucceeded: on_probe_succeeded,
    ProbeFailed: on_probe_failed,
    Exited: on_exited,
    Ticked: on_ticked,
    StopRequested: on_stop_requested,
    UnitRestartRequested: on_unit_restart_requested,
    UnitStopRequested: on_unit_stop_requested,
    UnitStartRequested: on_unit_start_requested,
    RollingRestartRequested: on_rollout_requested,
    Replanned: on_rollout_requested,
}


def step(state: State, event: Event, now: float) -> tuple[State, list[Action]]:
    """What `event` at monotonic time `now` (seconds) leads to. The actions are to be carried out in order."""
    if state.phase is Phase.FINISHED:
        return state, []
    turn = Turn(state, now)
    _HANDLERS[type(event)](turn, event)
    _settle_effects(turn)
    while proceed(turn):
        _settle_effects(turn)
    conclude(turn)
    return turn.close()


def _settle_effects(turn: Turn) -> None:
    """What follows from the event, and from that. Ends come before starts."""
    while turn.settled or turn.starts:
        effect = turn.settled.popleft() if turn.settled else turn.starts.popleft()
        match effect:
            case UnitSettled():
                on_unit_settled(turn, effect)
            case GateQuiet():
                on_gate_quiet(turn, effect)
            case GroupDown():
                on_group_down(turn, effect)
            case GateOpened() | BackoffOver():
                on_start_possible(turn, effect)


def next_deadline(state: State) -> float | None:
    """When a `Ticked` is wanted at the latest (monotonic seconds); None when only other events matter.

    It never lies in the way of an earlier one: ticks may come more often, and then cost little.
    """
    if state.phase is Phase.FINISHED:
        return None
    candidates = [min(state.deadlines.values(), default=math.inf), deadline(state)]
    if state.look_at is not None:
        candidates.append(state.look_at)
    earliest = min(candidates)
    return earliest if math.isfinite(earliest) else None


def is_up(state: State) -> bool:
    """Whether every unit is ready, or has come to an end that the topology can live with."""
    return state.phase is Phase.UP and state.unready_units == 0


def is_finished(state: State) -> bool:
    """Whether `Finish` has been emitted."""
    return state.phase is Phase.FINISHED
