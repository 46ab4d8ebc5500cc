"""A topology changes while it runs: one change after the other, each to its end, whoever still listens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from orchestrator.errors import RunError
from orchestrator.planning.changes import Changes, changes
from orchestrator.runtime.api.planner import Planner, Proposal
from orchestrator.runtime.hub import Hub
from orchestrator.runtime.records import fields
from orchestrator.runtime.reports import Remark, Report, RolloutEnded, StateChanged, TopologyEnded
from orchestrator.runtime.supervisor import Supervisor

Propose: TypeAlias = Callable[[Planner], Proposal]
"""Makes the proposal from what runs at that moment; called on another thread."""
Tell: TypeAlias = Callable[[dict[str, Any]], None]


class Changer:
    """Belongs to the loop's thread."""

    def __init__(self, supervisor: Supervisor, hub: Hub, planner: Planner) -> None:
        self._supervisor = supervisor
        self._hub = hub
        self._planner = planner
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def compare(self, propose: Propose) -> Changes:
        """What a proposal would change. Raises OrchestratorError when it cannot be."""
        proposal = await self._proposed(propose)
        return changes(self._supervisor.plan, proposal.plan)

    def change(self, propose: Propose, reason: str, tell: Tell) -> asyncio.Task[None]:
        """Make what runs into what is proposed, as soon as those who came before are done.

        `tell` gets what will be done, every state that a unit comes into on the way, and how it ended. The
        task raises OrchestratorError when the proposal cannot be; nothing has been changed then. It goes on
        when nobody waits for it.
        """
        task = asyncio.get_running_loop().create_task(self._change(propose, reason, tell))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Nothing is left to be changed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _change(self, propose: Propose, reason: str, tell: Tell) -> None:
        async with self._turn:
            proposal = await self._proposed(propose)
            found = changes(self._supervisor.plan, proposal.plan)
            tell({"event": "changes", **changes_fields(found)})
            if found.none:
                self._planner.accept(proposal)
                return
            self._hub.tell(Remark(time=time.time(), unit=None, text=f"{reason}: {_summary(found)}"))
            watch = _Watch(found, tell)
            end = self._hub.subscribe(watch.hear)
            try:
                number = self._supervisor.replan(proposal.plan, found.replaced, reason)
                outcome = await watch.outcome(number)
            finally:
                end()
            if outcome.ok:
                self._planner.accept(proposal)
            tell(fields(outcome))

    async def _proposed(self, propose: Propose) -> Proposal:
        """Reading and checking a large file takes its time: not on the loop's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, propose, self._planner)


class _Watch:
    """What becomes of one change."""

    def __init__(self, found: Changes, tell: Tell) -> None:
        self._concerned = {*found.added, *found.removed, *found.replaced}
        self._tell = tell
        self._ends: dict[int, RolloutEnded] = {}
        self._gone = False
        self._news = asyncio.Event()

    def hear(self, report: Report) -> None:
        match report:
            case StateChanged() if report.unit in self._concerned:
                self._tell(fields(report))
            case RolloutEnded():
                self._ends[report.rollout] = report
                self._news.set()
            case TopologyEnded():
                self._gone = True
                self._news.set()

    async def outcome(self, number: int) -> RolloutEnded:
        while number not in self._ends:
            if self._gone:
                raise RunError("the topology has ended meanwhile")
            self._news.clear()
            await self._news.wait()
        return self._ends[number]


def changes_fields(found: Changes) -> dict[str, Any]:
    """Changes as plain values."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "replaced": {name: list(reasons) for name, reasons in found.replaced.items()},
        "rewired": list(found.rewired),
        "adjusted": list(found.adjusted),
    }


def _summary(found: Changes) -> str:
    parts = {
        "starting": found.added,
        "replacing": found.replaced,
        "stopping": found.removed,
        "connecting anew": found.rewired,
        "supervising in another way": found.adjusted,
    }
    return "; ".join(f"{words} {', '.join(names)}" for words, names in parts.items() if names)
