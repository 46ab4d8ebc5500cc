"""What the control channel knows of the units of a plan before they speak."""

from __future__ import annotations

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.runtime.control import Member


def members(plan: Plan) -> dict[str, Member]:
    """unit -> what is known of it."""
    return {unit.unit: member(unit) for unit in plan.units}


def member(unit: UnitPlan) -> Member:
    """What is known of one unit."""
    return Member(
        instances={instance.instance: instance.node for instance in unit.instances},
        interval_s=unit.heartbeat.interval_s,
        foreign=not unit.is_python,
    )
