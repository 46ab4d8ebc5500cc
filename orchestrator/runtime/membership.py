"""What the control channel knows of units before they speak."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.control import Member


def members(units: Iterable[UnitPlan]) -> dict[str, Member]:
    """unit -> what is known of it."""
    return {
        unit.unit: Member(
            instances={instance.instance: instance.node for instance in unit.instances},
            interval_s=unit.heartbeat.interval_s,
            foreign=not unit.is_python,
        )
        for unit in units
    }
