"""Ending a unit: ask it to stop, kill it, settle it. Why it ends, and what follows, the caller knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from orchestrator.supervision.actions import AskToStop, CancelProbes, Kill
from orchestrator.supervision.state import NO_DEADLINES, Due, Ending, EndKind, HeldBy, Hold, Phase, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState

UNKILLABLE_S: Final = 30.0
"""How long a process may take to go after SIGKILL. One that is still there sits in an uninterruptible sleep
of the kernel (a dead network file system, a broken device); waiting longer would hang the stop for ever."""


_BY_REQUEST: Final = (EndKind.STOP, EndKind.START, EndKind.RESTART)
"""Ends that somebody has asked for; a unit that has failed, or is done, has nothing to finish."""


def cancel_probes(turn: Turn, unit: Unit) -> Unit:
    """Stop asking whatever is being asked about the unit."""
    if not unit.run.asking:
        return unit
    turn.emit(CancelProbes(unit=unit.name))
    return turn.run(unit, asking=frozenset())


def ask_to_stop(turn: Turn, unit: Unit, ending: Ending) -> Unit:
    """Send the stop signal and give the unit its grace. A unit that is ending already only learns what it
    ends for."""
    before = unit.run.ending
    if before is not None:
        return turn.run(unit, ending=replace(ending, told=before.told, killed=before.killed))
    unit = cancel_probes(turn, unit)
    unit = turn.run(unit, ending=ending)
    unit = turn.move(unit, NodeState.STOPPING, ending.reason)
    return tell(turn, unit)


def tell(turn: Turn, unit: Unit) -> Unit:
    """Send the stop signal to a unit that is ending, as soon as it has a process, and start its grace."""
    ending = unit.run.ending
    assert ending is not None
    told = unit.run.pid is not None
    if told:
        turn.emit(
            AskToStop(
                unit=unit.name,
                attempt=unit.run.attempt,
                signal=unit.plan.stop.signal,
                drain=ending.kind in _BY_REQUEST and turn.state.phase is Phase.UP and not unit.comes_back,
            )
        )
    due = {Due.GRACE: turn.now + unit.plan.stop.grace_s}
    return turn.run(unit, ending=replace(ending, told=told), due=due)


def kill(turn: Turn, unit: Unit, ending: Ending) -> Unit:
    """Kill the unit's process group and wait for its exit."""
    unit = cancel_probes(turn, unit)
    told = unit.run.ending is not None and unit.run.ending.told
    unit = turn.run(
        unit,
        ending=replace(ending, told=told, killed=True),
        due={Due.GONE: turn.now + UNKILLABLE_S},
    )
    unit = turn.move(unit, NodeState.STOPPING, ending.reason)
    turn.emit(Kill(unit=unit.name, attempt=unit.run.attempt))
    return unit


def give_up(turn: Turn, unit: Unit, reason: str, *, last_lines: tuple[str, ...] = ()) -> Unit:
    """Bring the unit to its end as failed. Of one that a rollout has put on trial that is no failure of the
    topology: it is kept down."""
    if unit.trial is not None and unit.hold is None and turn.state.phase is Phase.UP:
        unit = turn.update(unit, hold=Hold(by=HeldBy.ROLLOUT, reason=reason))
    return settle(turn, unit, NodeState.FAILED, reason, last_lines=last_lines)


def settle(
    turn: Turn, unit: Unit, state: NodeState, reason: str, *, last_lines: tuple[str, ...] = ()
) -> Unit:
    """Bring the unit to its end."""
    unit = cancel_probes(turn, unit)
    return turn.move(
        unit, state, reason, last_lines=last_lines, settled=True, resolved=True, due=NO_DEADLINES
    )
