"""What the end of a unit means for the others and for the topology as a whole."""

from __future__ import annotations

from orchestrator.planning.types import NodePlan
from orchestrator.supervision.actions import Finish
from orchestrator.supervision.ending import give_up
from orchestrator.supervision.state import HeldBy, Phase, Unit
from orchestrator.supervision.stop import stop_all
from orchestrator.supervision.strategy import note_down
from orchestrator.supervision.turn import Turn, UnitSettled
from orchestrator.supervision.words import END_WORDS, hopeless_text
from orchestrator.vocabulary import AutoShutdown, Condition, NodeState


def on_unit_settled(turn: Turn, effect: UnitSettled) -> None:
    unit = turn.units[effect.unit]
    if turn.state.phase is Phase.STOPPING or not unit.settled:
        return
    if unit.hold is None:
        if unit.state is NodeState.FAILED:
            _doom_dependents(turn, unit)
            _judge_nodes(turn, unit)
        _judge_essential(turn, unit)
    note_down(turn, unit)


def _doom_dependents(turn: Turn, unit: Unit) -> None:
    """Those who still wait for the unit wait in vain."""
    for condition in Condition:
        if unit.meets(condition):
            continue
        for gate in turn.wiring.opened_by.get((unit.name, condition), ()):
            for name in turn.wiring.gates[gate].members:
                waiting = turn.units[name]
                if waiting.waiting:
                    give_up(turn, waiting, hopeless_text(unit.name, condition))


def _judge_nodes(turn: Turn, unit: Unit) -> None:
    """Stop everything when a node that the topology needs has too few units left."""
    for node in turn.wiring.nodes.get(unit.name, ()):
        if node.expendable or turn.state.phase is not Phase.UP:
            continue
        replicas = [turn.units[name] for name in node.units if name in turn.units]
        held = sum(r.hold is not None and r.hold.by is HeldBy.USER for r in replicas)
        left = sum(replica.hold is None and replica.state is not NodeState.FAILED for replica in replicas)
        if left < node.min_replicas:
            stop_all(turn, _verdict(node, unit, left, held), failed=True)


def _verdict(node: NodePlan, unit: Unit, left: int, held: int) -> str:
    told = f"{unit.name} has failed: {unit.reason}"
    if len(node.units) == 1:
        return told
    stopped = f" ({held} stopped on request)" if held else ""
    count = f"{left} of {len(node.units)} replicas left{stopped}, {node.min_replicas} needed"
    return f"{node.node} has failed: {count}; {told}"


def _judge_essential(turn: Turn, unit: Unit) -> None:
    """Stop everything when the end of an essential node is the end of the topology."""
    when = turn.state.plan.supervision.auto_shutdown
    if when is AutoShutdown.NEVER or turn.state.phase is not Phase.UP:
        return
    for node in turn.wiring.nodes.get(unit.name, ()):
        if not node.essential or not _has_ended(turn, node):
            continue
        how = END_WORDS[unit.state]
        if when is AutoShutdown.ANY_ESSENTIAL:
            stop_all(turn, f"{node.node}, which is essential, {how}")
            return
        if all(_has_ended(turn, other) for other in turn.state.plan.nodes if other.essential):
            stop_all(turn, f"every essential node has ended, and {node.node}, the last, {how}")
            return


def _has_ended(turn: Turn, node: NodePlan) -> bool:
    units = (turn.units[name] for name in node.units if name in turn.units)
    return all(unit.settled and unit.hold is None for unit in units)


def conclude(turn: Turn) -> None:
    """Finish once nothing is left."""
    state = turn.state
    if state.phase not in (Phase.UP, Phase.STOPPING) or state.open_units > 0:
        return
    leftover = [u.name for u in turn.units.values() if u.run.has_process]
    reason = state.end_reason if state.phase is Phase.STOPPING else _at_the_end(turn)
    if leftover:
        reason = f"{reason}; still there: {', '.join(leftover)}"
    failed = state.failed or bool(leftover) or (state.phase is Phase.UP and _never_ran(turn))
    turn.set(phase=Phase.FINISHED, look_at=None, end_reason=reason, failed=failed)
    turn.emit(Finish(failed=failed, reason=reason))


def _never_ran(turn: Turn) -> bool:
    """Whether nothing of it has had a process: no success, however much of it the topology can do without."""
    return bool(turn.units) and not any(unit.started for unit in turn.units.values())


def _at_the_end(turn: Turn) -> str:
    failed = [u.name for u in turn.units.values() if u.state is NodeState.FAILED]
    if _never_ran(turn):
        return f"nothing could be started: {', '.join(failed)} failed"
    if failed:
        return f"nothing is left to run; {', '.join(failed)} failed, which the topology can do without"
    return "everything has completed" if turn.units else "there is nothing to run"
