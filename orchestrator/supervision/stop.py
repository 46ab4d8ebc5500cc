"""Stopping everything: dependents before what they depend on, the rest side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.supervision.ending import ask_to_stop, kill, settle
from orchestrator.supervision.events import StopRequested
from orchestrator.supervision.state import Ending, EndKind, Phase, Unit
from orchestrator.supervision.turn import GateQuiet, Turn
from orchestrator.vocabulary import NodeState


def on_stop_requested(turn: Turn, event: StopRequested) -> None:
    if turn.state.phase is not Phase.STOPPING:
        stop_all(turn, event.reason)
    if event.at_once:
        _kill_all(turn)


def stop_all(turn: Turn, reason: str, *, failed: bool = False) -> None:
    """Begin to stop: nothing starts any more, and what has no dependents is asked first."""
    turn.set(phase=Phase.STOPPING, end_reason=reason, failed=failed, regroup=None)
    for unit in list(turn.units.values()):
        if unit.hold is not None:  # what was kept down is now stopped like all others
            turn.update(unit, hold=None)
    bring_down(turn, turn.wiring.plans)


def bring_down(turn: Turn, names: Iterable[str]) -> None:
    """End these units, named in start order. Those without a process are at their end; of the others those
    without dependents are asked first, and what follows from that is the way to the rest."""
    backwards = tuple(reversed(tuple(names)))
    for name in backwards:
        unit = turn.units[name]
        if unit.settled:
            continue
        if not unit.run.has_process:
            settle(turn, unit, NodeState.STOPPED, _where_it_stood(unit))
        elif unit.run.ending is not None:
            turn.run(unit, ending=replace(unit.run.ending, kind=EndKind.STOP))
    for name in backwards:
        stop_if_free(turn, name)


def on_gate_quiet(turn: Turn, effect: GateQuiet) -> None:
    """The last of those that needed them is gone: stop them where they are to be stopped."""
    for name, _ in turn.wiring.gates[effect.gate].needs:
        stop_if_free(turn, name)


def stop_if_free(turn: Turn, name: str) -> None:
    """Ask a unit that is to end to stop, once none of its dependents is left."""
    unit, stopping = turn.units[name], turn.state.phase is Phase.STOPPING
    if not unit.busy or unit.run.ending is not None or not (stopping or unit.hold is not None):
        return
    if all(turn.busy(gate) == 0 for gate in turn.wiring.holding_up(name)):
        reason = turn.state.end_reason if unit.hold is None else unit.hold.reason
        ask_to_stop(turn, unit, Ending(kind=EndKind.STOP, reason=reason))


def _where_it_stood(unit: Unit) -> str:
    if unit.hold is not None:
        return unit.hold.reason
    if unit.state is NodeState.BACKOFF:
        return "it was waiting to start again"
    return "it had ended" if unit.started else "it had not started"


def _kill_all(turn: Turn) -> None:
    for unit in list(turn.units.values()):
        if not unit.settled and not (unit.run.ending and unit.run.ending.killed):
            kill(turn, unit, Ending(kind=EndKind.STOP, reason="SIGKILL at once"))
