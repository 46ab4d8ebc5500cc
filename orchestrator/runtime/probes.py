"""Asking whether a unit is ready, done or healthy: one task per question, cancelled when nobody asks.

What counts as an answer lives in `checks`; what an answer means is the machine's to decide.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

from orchestrator.model.types import Health, HeartbeatProbe, LogProbe, PeersProbe, Probe
from orchestrator.planning.types import UnitPlan
from orchestrator.runtime import checks
from orchestrator.supervision.events import Event, ProbeFailed, ProbePurpose, ProbeSucceeded

_FIRST_S: Final = 0.01
"""The first tries come quickly: most programs are ready long before one interval has passed."""
_ONE_TRY_S: Final = 5.0
"""The longest a single try of `ready` or `done` may take."""


class Prober:
    """Runs the probes of all units. `tell` gets what they find."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._tasks: dict[tuple[str, ProbePurpose], asyncio.Task[None]] = {}
        self._patterns: dict[str, list[tuple[int, ProbePurpose, re.Pattern[str]]]] = {}

    def start(
        self,
        unit: UnitPlan,
        attempt: int,
        purpose: ProbePurpose,
        environ: dict[str, str],
        tail: tuple[str, ...],
    ) -> None:
        """Begin to ask. `tail` is what the process has written so far, for probes of the log."""
        probe = _probe(unit, purpose)
        self._cancel((unit.unit, purpose))
        if probe is None or isinstance(probe.kind, HeartbeatProbe | PeersProbe):
            return  # the node says so itself, on the control channel
        if isinstance(probe.kind, LogProbe):
            self._watch_log(unit.unit, attempt, purpose, probe.kind, tail)
            return
        check = checks.of(unit, probe.kind, environ)
        task = asyncio.get_running_loop().create_task(self._ask(unit.unit, attempt, purpose, probe, check))
        self._tasks[unit.unit, purpose] = task

    def cancel(self, unit: str) -> None:
        """Nobody wants to know any more."""
        self._patterns.pop(unit, None)
        for key in [key for key in self._tasks if key[0] == unit]:
            self._cancel(key)

    async def close(self) -> None:
        """Cancel every probe and wait until none is left."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    def listens(self, unit: str) -> bool:
        """Whether a probe waits for something that the unit writes."""
        return bool(self._patterns.get(unit))

    def saw(self, unit: str, attempt: int, line: str) -> None:
        """A unit wrote a line."""
        watched = self._patterns.get(unit)
        if not watched:
            return
        for entry in list(watched):
            number, purpose, pattern = entry
            if number == attempt and pattern.search(line):
                watched.remove(entry)
                self._tell(ProbeSucceeded(unit=unit, attempt=attempt, purpose=purpose))

    def _watch_log(
        self, unit: str, attempt: int, purpose: ProbePurpose, kind: LogProbe, tail: tuple[str, ...]
    ) -> None:
        entry = (attempt, purpose, re.compile(kind.pattern))
        self._patterns.setdefault(unit, []).append(entry)
        for line in tail:
            self.saw(unit, attempt, line)

    def _cancel(self, key: tuple[str, ProbePurpose]) -> None:
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    async def _ask(
        self, unit: str, attempt: int, purpose: ProbePurpose, probe: Probe | Health, check: checks.Check
    ) -> None:
        health = isinstance(probe, Health)
        one_try_s = probe.timeout_s if health else min(probe.timeout_s, _ONE_TRY_S)
        pause_s = probe.interval_s if health else min(_FIRST_S, probe.interval_s)
        while True:
            reason = await _answer(check, one_try_s)
            if reason is None:
                self._tell(ProbeSucceeded(unit=unit, attempt=attempt, purpose=purpose))
                if not health:
                    return
            else:
                self._tell(ProbeFailed(unit=unit, attempt=attempt, purpose=purpose, reason=reason))
            await asyncio.sleep(pause_s)
            pause_s = min(probe.interval_s, pause_s * 1.5)


async def _answer(check: checks.Check, timeout_s: float) -> str | None:
    try:
        return await asyncio.wait_for(check(), timeout_s)
    except TimeoutError:
        return f"no answer within {timeout_s:g} s"


def _probe(unit: UnitPlan, purpose: ProbePurpose) -> Probe | Health | None:
    match purpose:
        case ProbePurpose.READY:
            return unit.ready
        case ProbePurpose.DONE:
            return unit.done
        case ProbePurpose.HEALTH:
            return unit.health
