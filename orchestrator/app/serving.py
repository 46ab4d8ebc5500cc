"""A run while it lasts: supervised, asked through its API, measured through its metrics."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.projects import places

if TYPE_CHECKING:
    from orchestrator.app.reloading import Reloader
    from orchestrator.app.replanning import Replanner
    from orchestrator.projects.record import Record
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.api.changer import Changer
    from orchestrator.runtime.api.context import Context
    from orchestrator.runtime.hub import Hub
    from orchestrator.runtime.metrics import MetricsServer
    from orchestrator.runtime.reports import Remark
    from orchestrator.runtime.supervisor import Outcome, Supervisor


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A run that has just begun: what the one who asked for it may need."""

    supervisor: Supervisor
    hub: Hub
    run_dir: RunDir
    planner: Replanner


async def serve(
    running: Running, metrics: tuple[str, int] | None, *, watch: Mapping[str, str] | None = None
) -> Outcome:
    """Supervise, and answer those who ask, until nothing is left.

    With `watch`, the environment that topologies are read in, what runs follows its files.
    """
    if os.name != "posix":
        return await running.supervisor.run()
    from orchestrator.runtime.api.changer import Changer
    from orchestrator.runtime.api.context import Context
    from orchestrator.runtime.api.lastwords import LastWords
    from orchestrator.runtime.api.server import ApiServer

    words = LastWords()
    running.hub.subscribe(words.hear)
    changer = Changer(running.supervisor, running.hub, running.planner)
    context = Context(
        supervisor=running.supervisor,
        hub=running.hub,
        record=lambda: running.run_dir.record,
        changer=changer,
        last_lines=words.of,
    )
    server = ApiServer(running.run_dir.path / places.API, context)
    exporter = _exporter(context, metrics)
    reloader = None if watch is None else _reloader(running, changer, watch)
    await server.open()
    try:
        if exporter is not None:
            url = exporter.open()
            running.hub.tell(remark(f"metrics at {url}"))
        if running.run_dir.leftover is not None and not running.run_dir.inherited:
            running.hub.tell(_about(running.run_dir.leftover))
        if reloader is not None:
            await reloader.open()
        return await running.supervisor.run()
    finally:
        if reloader is not None:
            await reloader.close()
        await server.close()
        await changer.close()
        if exporter is not None:
            await asyncio.get_running_loop().run_in_executor(None, exporter.close)


def _reloader(running: Running, changer: Changer, environ: Mapping[str, str]) -> Reloader:
    from orchestrator.app.reloading import Reloader

    hub = running.hub
    return Reloader(
        running.supervisor, changer, running.planner, lambda text: hub.tell(remark(text)), environ
    )


def _exporter(context: Context, address: tuple[str, int] | None) -> MetricsServer | None:
    if address is None:
        return None
    from orchestrator.runtime.api.status import status
    from orchestrator.runtime.metrics import MetricsServer

    return MetricsServer(*address, lambda: status(context, {"usage": True, "links": True}))


def remark(text: str) -> Remark:
    """Something to be told now that concerns no unit."""
    from orchestrator.runtime.reports import Remark

    return Remark(time=time.time(), unit=None, text=text)


def _about(leftover: Record) -> Remark:
    """Clear away what it left, and say so. Its files are gone already; processes would hold addresses."""
    from orchestrator.engines.remnants import end_marked

    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(leftover.since))
    pids = end_marked(leftover.mark) if leftover.mark else []
    told = f"an earlier run (process {leftover.pid}, since {since}) was killed: its files are cleared away"
    if pids:
        told += f", and what still ran of it is killed: {', '.join(map(str, pids))}"
    return remark(told)
