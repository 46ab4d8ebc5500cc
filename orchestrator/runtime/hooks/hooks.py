"""All hooks of a run: hears its reports, starts what is to be started, and tells how that came out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import PurePath
from typing import Final
from urllib.parse import urlsplit

from orchestrator.model.expressions import Scope, evaluate
from orchestrator.model.types import Hook
from orchestrator.runtime.hooks.commands import SharedEngine
from orchestrator.runtime.hooks.happenings import Where, data_of, events_of, variables
from orchestrator.runtime.hooks.line import Line, Waiting
from orchestrator.runtime.hooks.outcome import HookFailedError
from orchestrator.runtime.hooks.webhooks import post
from orchestrator.runtime.reports import HookEnded, Report, StateChanged

MOST_AT_ONCE: Final = 8
"""Runs of all hooks together; the next ones wait."""
CLOSING_S: Final = 10.0
"""How long what waits and runs has when the topology has ended."""


class Hooks:
    """Belongs to the loop's thread. `hear` is what the hub is to call; it never blocks and never raises."""

    def __init__(
        self,
        hooks: Sequence[Hook],
        engine: SharedEngine,
        *,
        where: Where,
        directory: str,
        environ: Mapping[str, str],
        tell: Callable[[Report], None],
        closing_s: float = CLOSING_S,
    ) -> None:
        self._engine = engine
        self._where = where
        self._directory = directory
        self._environ = dict(environ)
        self._tell = tell
        self._closing_s = closing_s
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._lines = [
            Line(hook, partial(self._run, hook, shown_name(hook, index))) for index, hook in enumerate(hooks)
        ]
        engine.closing = self.close

    def hear(self, report: Report) -> None:
        """Something has happened."""
        events = events_of(report)
        if not events:
            return
        node = report.node if isinstance(report, StateChanged) else None
        for line in self._lines:
            line.offer(report, events, node)

    async def close(self) -> None:
        """Give what waits and runs a bounded time, then end it."""
        tasks = [line.task for line in self._lines if line.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=self._closing_s)
        if not late:
            return
        for line in self._lines:
            line.give_up()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, hook: Hook, name: str, waiting: Waiting) -> None:
        data = data_of(waiting.report, waiting.event, self._where, skipped=waiting.skipped)
        ended = partial(
            HookEnded,
            hook=name,
            on=waiting.event.value,
            unit=data.get("unit"),
            skipped=waiting.skipped,
        )
        async with self._places:
            began = time.monotonic()
            failure: str | None = None
            lines: tuple[str, ...] = ()
            try:
                lines = await self._start(hook, data)
            except HookFailedError as error:
                failure, lines = error.reason, error.last_lines
            except asyncio.CancelledError:
                failure = f"ended: the topology was down for {self._closing_s:g} s"
                raise
            finally:
                seconds = time.monotonic() - began
                self._tell(ended(time=time.time(), failure=failure, seconds=seconds, last_lines=lines))

    async def _start(self, hook: Hook, data: dict[str, object]) -> tuple[str, ...]:
        body = json.dumps(data, ensure_ascii=False).encode("utf-8", "backslashreplace")
        if hook.command is None:
            assert hook.webhook is not None
            return await post(hook.webhook, headers=hook.headers, body=body, timeout_s=hook.timeout_s)
        scope = Scope(
            node="",
            replica=0,
            run_dir=self._where.run_dir,
            topology=self._where.topology,
            directory=self._directory,
        )
        return await self._engine.run(
            tuple(evaluate(word, scope) for word in hook.command),
            env={**self._environ, **variables(data, self._where)},
            cwd=self._directory,
            stdin=body + b"\n",
            timeout_s=hook.timeout_s,
        )


def shown_name(hook: Hook, index: int) -> str:
    """What a hook is called before people: its number, and what is no secret of it."""
    if hook.command is not None:
        what = PurePath(hook.command[0]).name if hook.command else ""
    else:
        try:
            what = urlsplit(hook.webhook or "").hostname or "webhook"
        except ValueError:
            what = "webhook"
    return f"hook {index + 1} ({what})"
