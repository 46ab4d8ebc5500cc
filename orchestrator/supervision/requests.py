"""What the user asks of single units: stop this one, start it again, replace it."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.supervision.ending import ask_to_stop, settle
from orchestrator.supervision.events import UnitRestartRequested, UnitStartRequested, UnitStopRequested
from orchestrator.supervision.start import start_anew
from orchestrator.supervision.state import Due, Ending, EndKind, HeldBy, Hold, Phase, Trial, Unit
from orchestrator.supervision.strategy import leads, leave_group, look_whether_down
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def on_unit_stop_requested(turn: Turn, event: UnitStopRequested) -> None:
    unit = _addressed(turn, event.unit)
    if unit is None:
        return
    hold = Hold(by=HeldBy.USER, reason=event.reason)
    if unit.comes_back:
        unit = leave_group(turn, unit, hold)
    if not unit.settled:
        hold_down(turn, unit, hold)
    elif unit.hold is hold:
        turn.update(unit, reason=hold.reason)
    elif unit.hold is not None:  # its turn in a rollout, where it has one, is passed over
        turn.update(unit, hold=hold)


def hold_down(turn: Turn, unit: Unit, hold: Hold) -> None:
    """Bring a unit down that has not reached its end, and keep it there. A success that is being wound up
    stays one."""
    unit = turn.update(unit, hold=hold)
    ending = unit.run.ending
    if not unit.run.has_process:
        settle(turn, unit, NodeState.STOPPED, hold.reason)
    elif ending is None or ending.kind is not EndKind.DONE:
        ask_to_stop(turn, unit, Ending(kind=EndKind.STOP, reason=hold.reason))


def on_unit_start_requested(turn: Turn, event: UnitStartRequested) -> None:
    unit = _addressed(turn, event.unit)
    if unit is None or unit.comes_back or _left_to_the_change(turn, unit):
        return
    if unit.run.has_process:
        _start_after_stop(turn, unit, event.reason)
    elif unit.settled or unit.state is NodeState.BACKOFF:
        _start(turn, turn.update(unit, trial=Trial.LENIENT), event.reason)


def _start(turn: Turn, unit: Unit, reason: str) -> None:
    if leads(turn, unit):  # not before the others are down; but it need not pause
        turn.due(unit, Due.BACKOFF, None)
        look_whether_down(turn)
    else:
        start_anew(turn, unit, reason)


def _start_after_stop(turn: Turn, unit: Unit, reason: str) -> None:
    """Let a unit that is on its way down come back from there."""
    ending = unit.run.ending
    if unit.settled or unit.hold is None or ending is None:
        return
    unit = turn.update(unit, hold=None, trial=Trial.LENIENT)
    if ending.kind is EndKind.STOP:
        turn.run(unit, ending=replace(ending, kind=EndKind.START, reason=reason))


def on_unit_restart_requested(turn: Turn, event: UnitRestartRequested) -> None:
    unit = _addressed(turn, event.unit)
    if unit is None or unit.waiting or unit.comes_back or _left_to_the_change(turn, unit):
        return
    if not unit.run.has_process:
        _start(turn, turn.update(unit, trial=Trial.LENIENT), event.reason)
    elif not unit.settled:
        unit = turn.update(unit, hold=None, trial=Trial.LENIENT)
        ask_to_stop(turn, unit, Ending(kind=EndKind.RESTART, reason=event.reason))


def _left_to_the_change(turn: Turn, unit: Unit) -> bool:
    """Whether the unit is down because the topology is becoming another one, which decides about it: it goes
    for good, or starts when its turn comes. What the user wants is remembered until then."""
    rollout = turn.state.rollout
    if rollout is None or rollout.change is None or not rollout.change.awaits(unit.name, rollout.current):
        return False
    if unit.hold is None:
        return False
    if unit.hold.by is HeldBy.USER:
        turn.update(unit, hold=Hold(by=HeldBy.ROLLOUT, reason=rollout.reason))
    return True


def _addressed(turn: Turn, name: str) -> Unit | None:
    """The unit, where there is one and the topology is up."""
    return turn.units.get(name) if turn.state.phase is Phase.UP else None
