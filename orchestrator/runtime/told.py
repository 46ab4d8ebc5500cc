"""What the machine announces, as reports."""

from __future__ import annotations

import time

from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import RolloutEnded, StateChanged, TopologyStarting
from orchestrator.supervision import actions


def starting(plan: Plan) -> TopologyStarting:
    """The topology begins to come up, now."""
    return TopologyStarting(
        time=time.time(),
        topology=plan.topology,
        units=tuple(unit.unit for unit in plan.units),
        run_dir=plan.run_dir,
    )


def state_changed(action: actions.Announce, node: str) -> StateChanged:
    """A unit of `node` came into another state, now."""
    return StateChanged(
        time=time.time(),
        unit=action.unit,
        node=node,
        old=action.old,
        new=action.new,
        reason=action.reason,
        attempt=action.attempt,
        pid=action.pid,
        last_lines=action.last_lines,
    )


def rollout_ended(action: actions.RolloutEnded, topology: str) -> RolloutEnded:
    """A rollout of `topology` is over, now."""
    return RolloutEnded(
        time=time.time(),
        topology=topology,
        rollout=action.rollout,
        ok=action.ok,
        reason=action.reason,
        done=action.done,
        left=action.left,
        rolled_back=action.rolled_back,
    )
