"""`follow`: reports as they come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

from orchestrator.runtime.api.context import Context, flag, texts, units
from orchestrator.runtime.records import fields
from orchestrator.runtime.reports import OutputLine, Report, StateChanged, TopologyEnded, Vitals

_ROOM: Final = 10_000
"""Reports kept for a client that reads slowly; what does not fit is counted, and told as `missed`."""


async def follow(context: Context, args: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Every report from now on: those of the chosen units, with `output` also the lines that they write.

    `{"event": "following"}` comes first: from here on nothing is passed over.
    `{"event": "missed", "count": N}` stands where a slow reader missed some.
    """
    words = texts(args, "units")
    chosen = set(units(context, words)) if words else None
    inbox = _Inbox(chosen)
    end = context.hub.subscribe(inbox.hear, output=flag(args, "output"))
    try:
        yield {"event": "following"}
        while True:
            await inbox.arrived.wait()
            for found in inbox.take():
                yield found
            if inbox.ended:
                return
    finally:
        end()


class _Inbox:
    """What has come and was not sent yet."""

    def __init__(self, chosen: set[str] | None) -> None:
        self.arrived = asyncio.Event()
        self.ended = False
        self._chosen = chosen
        self._reports: deque[Report] = deque()
        self._missed = 0

    def hear(self, report: Report) -> None:
        if isinstance(report, Vitals):
            return
        if isinstance(report, OutputLine | StateChanged) and not self._wants(report.unit):
            return
        self.ended = self.ended or isinstance(report, TopologyEnded)
        if len(self._reports) >= _ROOM and not self.ended:
            self._missed += 1
        else:
            self._reports.append(report)
        self.arrived.set()

    def _wants(self, unit: str) -> bool:
        return self._chosen is None or unit in self._chosen

    def take(self) -> list[dict[str, Any]]:
        self.arrived.clear()
        reports, self._reports = self._reports, deque()
        missed, self._missed = self._missed, 0
        found = [fields(report) for report in reports]
        return [*found, {"event": "missed", "count": missed}] if missed else found
