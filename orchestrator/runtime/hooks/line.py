"""The events that wait for one hook: it runs for one at a time, in their order, and never for too many."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from orchestrator.model.types import Hook
from orchestrator.runtime.hooks.limits import Window
from orchestrator.runtime.reports import Report
from orchestrator.vocabulary import HookEvent

MOST_WAITING: Final = 100
"""Events that wait for one hook; those beyond are left out."""
_LAST: Final = (HookEvent.DOWN, HookEvent.TOPOLOGY_FAILED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that a hook is to be told of. `skipped`: how many before it were left out."""

    report: Report
    event: HookEvent
    skipped: int


class Line:
    """One hook's events. `run` tells the hook of one of them, and raises nothing."""

    def __init__(
        self,
        hook: Hook,
        run: Callable[[Waiting], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hook = hook
        self._run = run
        self._clock = clock
        self._window = Window(hook.max_runs, hook.window_s)
        self._waiting: deque[Waiting] = deque()
        self._skipped = 0
        self._task: asyncio.Task[None] | None = None

    def offer(self, report: Report, events: tuple[HookEvent, ...], node: str | None) -> None:
        """Something has happened; `events` has the most serious last. Returns at once."""
        wanted = [event for event in events if event in self._hook.events]
        if not wanted or (node is not None and self._hook.nodes is not None and node not in self._hook.nodes):
            return
        if wanted[-1] in _LAST:  # told in any case, and before the time for the last ones is over
            self._skipped += self.give_up()
        elif len(self._waiting) >= MOST_WAITING or not self._window.allows(self._clock()):
            self._skipped += 1
            return
        self._waiting.append(Waiting(report, wanted[-1], self._skipped))
        self._skipped = 0
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What works on the events, while there are any."""
        return self._task

    def give_up(self) -> int:
        """Forget those that wait; how many."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._run(self._waiting.popleft())
        finally:
            self._task = None
