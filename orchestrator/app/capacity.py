"""Whether this host can carry a plan: told before anything of it starts."""

from __future__ import annotations

import os

from orchestrator.errors import RunError
from orchestrator.model.types import Resources
from orchestrator.planning.types import Plan


def check(plan: Plan) -> None:
    """Raises RunError, with the remedy, when the host grants too little for it."""
    _check_descriptors(plan)
    _check_resources(plan)


def _check_descriptors(plan: Plan) -> None:
    if os.name == "posix":
        from orchestrator.engines import limits

        python = sum(unit.is_python for unit in plan.units)
        limits.require(python, len(plan.units) - python)


def _check_resources(plan: Plan) -> None:
    """Refused here rather than when the unit starts, and with all that is wrong."""
    asking = [unit for unit in plan.units if unit.resources != Resources()]
    if not asking or os.name != "posix":
        return
    from orchestrator.app.granted import ThisMachine, refusals

    machine = ThisMachine()
    found = {(unit.node, r.key): r for unit in asking for r in refusals(unit.resources, machine)}
    if found:
        facts = "; ".join(f"`resources.{key}` of `{node}`: {r.fact}" for (node, key), r in found.items())
        raise RunError(facts, next(iter(found.values())).help)
