"""Stopping everything: dependents before what they depend on, the rest side by side."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.supervision.ending import ask_to_stop, kill, settle
from orchestrator.supervision.events import StopRequested
from orchestrator.supervision.state import Ending, EndKind, Phase, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def on_stop_requested(turn: Turn, event: StopRequested) -> None:
    if turn.state.phase is not Phase.STOPPING:
        stop_all(turn, event.reason)
    if event.at_once:
        _kill_all(turn)


def stop_all(turn: Turn, reason: str, *, failed: bool = False) -> None:
    """Begin to stop: nothing starts any more, and what has no dependents is asked first."""
    turn.set(phase=Phase.STOPPING, end_reason=reason, failed=failed)
    names = tuple(reversed(tuple(turn.wiring.plans)))
    for name in names:
        unit = turn.units[name]
        if unit.hold is not None:  # what was kept down is now stopped like all others
            unit = turn.update(unit, hold=None)
        if unit.settled:
            continue
        if not unit.run.has_process:
            settle(turn, unit, NodeState.STOPPED, _where_it_stood(unit))
        elif unit.run.ending is not None:
            turn.run(unit, ending=replace(unit.run.ending, kind=EndKind.STOP))
    for name in names:
        stop_if_free(turn, name)


def stop_if_free(turn: Turn, name: str) -> None:
    """Ask the unit to stop, once none of its dependents is left."""
    unit = turn.units[name]
    if unit.settled or unit.run.ending is not None:
        return
    if all(turn.unsettled(gate) == 0 for gate in turn.wiring.holding_up(name)):
        ask_to_stop(turn, unit, Ending(kind=EndKind.STOP, reason=turn.state.end_reason))


def _where_it_stood(unit: Unit) -> str:
    if unit.state is NodeState.BACKOFF:
        return "it was waiting to start again"
    return "it had ended" if unit.started else "it had not started"


def _kill_all(turn: Turn) -> None:
    for unit in list(turn.units.values()):
        if not unit.settled and not (unit.run.ending and unit.run.ending.killed):
            kill(turn, unit, Ending(kind=EndKind.STOP, reason="SIGKILL at once"))
