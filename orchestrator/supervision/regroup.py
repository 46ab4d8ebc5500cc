"""The other half of a strategy: what was brought down together starts together, in start order."""

from __future__ import annotations

from orchestrator.supervision.start import advance, start_if_free
from orchestrator.supervision.state import NO_DEADLINES, Phase
from orchestrator.supervision.turn import GroupDown, Turn
from orchestrator.vocabulary import NodeState


def on_group_down(turn: Turn, effect: GroupDown) -> None:
    del effect
    group = turn.state.regroup
    if group is None or group.left or turn.state.phase is not Phase.UP:
        return
    turn.set(regroup=None)
    names = [name for name in turn.wiring.plans if name in group.members]
    for name in names:
        unit = turn.units[name]
        if unit.hold is not None:
            turn.update(unit, settled=False, hold=None, due=NO_DEADLINES, reason=unit.hold.reason)
    leader = turn.units[group.leader]
    if leader.state is NodeState.BACKOFF and not leader.settled:
        start_if_free(turn, leader, f"attempt {leader.run.attempt + 1}")
    for name in names:
        advance(turn, name)
