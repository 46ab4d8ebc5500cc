"""`plan` and `apply`: what runs becomes what a changed file describes, or gets other numbers of replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from orchestrator.runtime.api.changer import Propose, changes_fields
from orchestrator.runtime.api.context import Context, text
from orchestrator.wire.api import ApiError


async def plan(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """What `apply` with the same arguments would change. Nothing is done."""
    return changes_fields(await context.changer.compare(_proposal(context, args)))


async def apply(context: Context, args: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Change what runs. First item: what is to be done. Then the states that units come into, and at the end,
    when there was something to do, how it went: a `rollout_ended`.

    It is carried out to its end when the client has gone.
    """
    told: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    propose, reason = _proposal(context, args), text(args, "reason", "asked to change")
    task = context.changer.change(propose, reason, told.put_nowait)
    task.add_done_callback(lambda _: told.put_nowait(None))
    while (item := await told.get()) is not None:
        yield item
    await task


def _proposal(context: Context, args: dict[str, Any]) -> Propose:
    replicas = args.get("replicas")
    if replicas is None:
        file = text(args, "file", context.record().file)
        return lambda planner: planner.applied(file)
    if not isinstance(replicas, dict) or not all(type(count) is int for count in replicas.values()):
        raise ApiError("`replicas` is an object: node -> number")
    return lambda planner: planner.scaled(replicas)
