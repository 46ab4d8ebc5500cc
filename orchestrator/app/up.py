"""Bring a topology up in the foreground: plan it, run it, tell how it ended."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import capacity
from orchestrator.errors import ExitCode, RunError
from orchestrator.model.types import Logs, Topology
from orchestrator.projects import places, rundir

if TYPE_CHECKING:
    from orchestrator.app.adopting import Estate
    from orchestrator.app.replanning import Replanner
    from orchestrator.engines.local import LocalEngine
    from orchestrator.planning.types import Plan
    from orchestrator.projects.record import Record
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.api.context import Context
    from orchestrator.runtime.capture.store import LogStore
    from orchestrator.runtime.hub import Hub
    from orchestrator.runtime.keeping import Keeping
    from orchestrator.runtime.metrics import MetricsServer
    from orchestrator.runtime.ports import PortPicker
    from orchestrator.runtime.reports import Remark
    from orchestrator.runtime.supervisor import Outcome, Supervisor


def warm_engine(*, keep: bool = False, nodes: bool = True) -> LocalEngine:
    """An engine whose zygote begins to warm up at once, while the caller still reads and checks. With `keep`
    one whose processes may outlive this one; without `nodes` one that is small while there are only foreign
    programs."""
    from orchestrator.engines.local import LocalEngine

    if keep:
        from orchestrator.engines.kept import KeptEngine

        engine: LocalEngine = KeptEngine()
    else:
        engine = LocalEngine()
    engine.prestart(nodes=nodes)
    return engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A run that has just begun: what the one who asked for it may need."""

    supervisor: Supervisor
    hub: Hub
    run_dir: RunDir
    planner: Replanner


async def run(
    topology: Topology,
    engine: LocalEngine,
    *,
    began: Callable[[Running], None],
    environ: Mapping[str, str] | None = None,
    profiles: Collection[str] = (),
    project: str | None = None,
    ephemeral: bool = False,
    state_dir: Path | None = None,
    metrics: tuple[str, int] | None = None,
    adjust: Callable[[Plan], Plan] | None = None,
    keep: bool = False,
) -> Outcome:
    """Run a checked topology to its end, as `project` (by default named as the topology).

    `metrics`: host and port at which they are served. `adjust` makes the plan that is carried out from the
    one that the topology asks for. `began` is called on the loop's thread before anything starts, to
    subscribe to the hub. Raises OrchestratorError when the project is held by another supervisor,
    the topology cannot be planned, or the engine cannot be started. The engine is closed in any case.

    With `keep` the nodes outlive this process, if it is killed; what one before it has kept is taken over in
    any case. Logs and journal go to `state_dir`, by default the project's; those of an `ephemeral` run, whose
    name nobody knows, only where a directory is named.
    """
    from orchestrator.app.hooking import hooked
    from orchestrator.app.replanning import Replanner
    from orchestrator.runtime.hub import Hub
    from orchestrator.runtime.ports import PortPicker
    from orchestrator.runtime.supervisor import Supervisor

    environ = os.environ if environ is None else environ
    held = store = estate = None
    try:
        held = rundir.hold(
            project or topology.name,
            os.environ,
            topology=topology.name,
            file=_absolute(topology.file),
            ephemeral=ephemeral,
            keep=keep,
        )
        estate = _estate(held)
        ports = PortPicker(None if estate is None else estate.ports)
        planner = Replanner(
            topology,
            profiles=profiles,
            environ=environ,
            run_dir=held.path,
            pick_port=ports,
            check=capacity.check,
        )
        plan = planner.first() if adjust is None else adjust(planner.first())
        hub = Hub()
        if estate is not None:
            engine.abandon()
            engine = estate.take()
        held.note(mark=engine.mark)
        if state_dir is None and not ephemeral:
            state_dir = places.state_dir(held.record.project, os.environ)
        if state_dir is not None:
            store = store_of(state_dir, held, plan.logs, lambda: supervisor.plan, hub, engine)
        supervisor = Supervisor(
            plan,
            hooked(topology, engine, hub, held, environ),
            tell=hub.tell,
            environ=environ,
            wants_lines=lambda: hub.wants_output,
            store=None if store is None else store.output,
            heir=None if estate is None else estate.heir(plan),
            keeping=_keeping(engine, held, ports) if keep else None,
        )
        if estate is not None:
            asyncio.get_running_loop().call_soon(hub.tell, _remark(estate.told()))
        running = Running(supervisor=supervisor, hub=hub, run_dir=held, planner=planner)
        began(running)
        return await _serve(running, metrics)
    finally:
        engine.abandon()
        if store is not None:
            store.close()
        if held is not None:
            if estate is not None and not estate.taken:
                held.leave()
            held.close()


def _estate(held: RunDir) -> Estate | None:
    """What a supervisor before this one has kept. Raises RunError when it cannot be taken over."""
    if not held.inherited:
        return None
    from orchestrator.app.adopting import look

    try:
        found = look(held)
    except RunError:
        held.leave()
        raise
    if found is None:
        held.clear()
    return found


def _keeping(engine: LocalEngine, held: RunDir, ports: PortPicker) -> Keeping:
    from orchestrator.engines.kept import KeptEngine
    from orchestrator.runtime.keeping import Keeping

    assert isinstance(engine, KeptEngine)
    engine.keep_in(held.path)
    return Keeping(engine, lambda: ports.given)


def store_of(
    state_dir: Path, held: RunDir, logs: Logs, plan: Callable[[], Plan], hub: Hub, engine: LocalEngine
) -> LogStore:
    """Where logs and journal of a run go."""
    from orchestrator.runtime.capture.rotation import Limits
    from orchestrator.runtime.capture.store import LogStore

    limits = Limits(max_size=logs.max_size, max_files=logs.max_files, max_age_s=logs.max_age_s)
    store = LogStore(state_dir, held.record, plan, limits, hold=engine.hold_output, tell=hub.tell)
    hub.subscribe(store.hear)
    return store


async def _serve(running: Running, metrics: tuple[str, int] | None) -> Outcome:
    """Supervise, and answer those who ask, until nothing is left."""
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
    await server.open()
    try:
        if exporter is not None:
            url = exporter.open()
            running.hub.tell(_remark(f"metrics at {url}"))
        if running.run_dir.leftover is not None and not running.run_dir.inherited:
            running.hub.tell(_about(running.run_dir.leftover))
        return await running.supervisor.run()
    finally:
        await server.close()
        await changer.close()
        if exporter is not None:
            await asyncio.get_running_loop().run_in_executor(None, exporter.close)


def _exporter(context: Context, address: tuple[str, int] | None) -> MetricsServer | None:
    if address is None:
        return None
    from orchestrator.runtime.api.status import status
    from orchestrator.runtime.metrics import MetricsServer

    return MetricsServer(*address, lambda: status(context, {"usage": True, "links": True}))


def _remark(text: str) -> Remark:
    from orchestrator.runtime.reports import Remark

    return Remark(time=time.time(), unit=None, text=text)


def _about(leftover: Record) -> Remark:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(leftover.since))
    return _remark(
        f"an earlier run (process {leftover.pid}, since {since}) was killed: its files are cleared away"
    )


def _absolute(file: str) -> str:
    return os.path.realpath(file) if os.path.exists(file) else file  # noqa: PTH110 - `-` and `<python>` stay


def exit_code(outcome: Outcome, *, interrupted: bool) -> ExitCode:
    """A run that was ended by Ctrl-C and stopped cleanly is 130; one that failed is 1, however it ended."""
    if outcome.failed:
        return ExitCode.FINDINGS
    return ExitCode.INTERRUPTED if interrupted else ExitCode.OK
