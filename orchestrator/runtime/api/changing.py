"""`plan`, `apply` and `scale`: a topology changes while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from orchestrator.planning.changes import Changes, changes
from orchestrator.planning.types import Plan
from orchestrator.runtime.api.context import Context, text
from orchestrator.wire.api import ApiError


async def plan(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """What a changed file, or another number of replicas, would change. Nothing is done."""
    new = await _planned(context, args)
    return fields(changes(context.supervisor.plan, new))


async def _planned(context: Context, args: dict[str, Any]) -> Plan:
    """The new plan. It is made on another thread, since reading and checking a large file takes its time."""
    replicas = args.get("replicas")
    make: Callable[[], Plan]
    if replicas is not None:
        if not isinstance(replicas, dict) or not all(type(n) is int for n in replicas.values()):
            raise ApiError("`replicas` is an object: node -> number")
        make = lambda: context.planner.scaled(replicas)  # noqa: E731
    else:
        file = text(args, "file", context.record().file)
        make = lambda: context.planner.applied(file)  # noqa: E731
    return await asyncio.get_running_loop().run_in_executor(None, make)


def fields(found: Changes) -> dict[str, Any]:
    """Changes as plain values."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "replaced": {name: list(reasons) for name, reasons in found.replaced.items()},
        "adjusted": list(found.adjusted),
    }
