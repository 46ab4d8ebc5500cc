"""What the failure of a unit means for the others: one-for-all, rest-for-one, and how many restarts are too
many for the topology as a whole. After supervisor(3) of Erlang/OTP.

The unit that has failed *leads*. While it pauses before its next attempt, those that the strategy names are
brought down, dependents first; when all are down and the pause is over, they start together (`regroup`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from orchestrator.supervision.ending import settle
from orchestrator.supervision.restart import recent
from orchestrator.supervision.state import Due, EndKind, HeldBy, Hold, Regroup, Unit
from orchestrator.supervision.stop import bring_down, stop_all
from orchestrator.supervision.turn import GroupDown, Turn
from orchestrator.supervision.words import given, times
from orchestrator.vocabulary import NodeState, Strategy


def spend_restart(turn: Turn, unit: Unit, reason: str, last_lines: tuple[str, ...]) -> bool:
    """Count one restart after a failure. False when it is one too many for the topology: then that stops."""
    allowed = turn.state.plan.supervision
    if allowed.max_restarts is None:
        return True
    spent = recent(turn.state.restarts, now=turn.now, window_s=allowed.window_s)
    if len(spent) < allowed.max_restarts:
        turn.set(restarts=(*spent, turn.now))
        return True
    window = given(allowed.window_s)
    told = (
        f"{times(allowed.max_restarts, 'restart')} within {window} are all that the topology may need"
        if allowed.max_restarts
        else "the topology may not need any restart"
    )
    settle(turn, unit, NodeState.FAILED, f"{reason}; {told}", last_lines=last_lines)
    stop_all(turn, f"{told} (supervision.max_restarts), and {unit.name} has failed: {reason}", failed=True)
    return False


def drag(turn: Turn, leader: Unit) -> None:
    """Bring down whom the strategy says, to start again together with a unit that has just failed."""
    strategy = turn.state.plan.supervision.strategy
    if strategy is Strategy.ONE_FOR_ONE:
        return
    group = turn.state.regroup
    order = tuple(turn.wiring.plans)
    if group is not None and (strategy is Strategy.ONE_FOR_ALL or _comes_later(order, leader.name, group)):
        _bring_down(turn, group.leader, group.members, [leader.name])
        return
    behind = order if strategy is Strategy.ONE_FOR_ALL else order[order.index(leader.name) + 1 :]
    names = [name for name in behind if name != leader.name and _is_dragged(turn.units[name])]
    if group is not None or names:
        before = group.members if group is not None else frozenset[str]()
        _bring_down(turn, leader.name, before - {leader.name}, names)


def _comes_later(order: tuple[str, ...], name: str, group: Regroup) -> bool:
    return order.index(name) > order.index(group.leader)


def _is_dragged(unit: Unit) -> bool:
    """Whoever runs, or is going to; but not who is just being told to have succeeded."""
    ending = unit.run.ending
    winds_up = unit.run.ended_well is not None or (ending is not None and ending.kind is EndKind.DONE)
    return not unit.settled and unit.hold is None and not winds_up


def _bring_down(turn: Turn, leader: str, members: frozenset[str], names: Iterable[str]) -> None:
    strategy = turn.state.plan.supervision.strategy
    reason = f"restarted with {leader}, which has failed ({strategy})"
    names = tuple(names)
    for name in names:
        turn.update(turn.units[name], hold=Hold(by=HeldBy.GROUP, reason=reason))
    bring_down(turn, names)
    members |= frozenset(names)
    left = frozenset(name for name in members if not turn.units[name].settled)
    turn.set(regroup=Regroup(leader=leader, members=members, left=left))


def note_down(turn: Turn, unit: Unit) -> None:
    """A unit has reached its end; it may be the last that a regroup has waited for."""
    group = turn.state.regroup
    if group is None:
        return
    if unit.name in group.left:
        turn.set(regroup=replace(group, left=group.left - {unit.name}))
    look_whether_down(turn)


def leave_group(turn: Turn, unit: Unit, hold: Hold | None = None) -> Unit:
    """The unit does not start again with the others, and they do not wait for it; `hold` is what it is kept
    down for instead."""
    group = turn.state.regroup
    if group is not None and unit.name in group.members:
        gone = {unit.name}
        turn.set(regroup=replace(group, members=group.members - gone, left=group.left - gone))
        look_whether_down(turn)
    return turn.update(unit, hold=hold)


def leads(turn: Turn, unit: Unit) -> bool:
    """Whether others start again together with the unit, at its next attempt."""
    group = turn.state.regroup
    return group is not None and group.leader == unit.name and unit.state is NodeState.BACKOFF


def look_whether_down(turn: Turn) -> None:
    """Have the group start once nothing of it is left, and its leader has paused long enough."""
    group = turn.state.regroup
    if group is not None and not group.left and Due.BACKOFF not in turn.units[group.leader].due:
        turn.starts.append(GroupDown())
