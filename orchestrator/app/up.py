"""Bring a topology up in the foreground: plan it, run it, tell how it ended."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.app import capacity
from orchestrator.app.serving import Running, remark, serve
from orchestrator.app.storing import store_of
from orchestrator.errors import ExitCode, RunError
from orchestrator.model.types import Topology
from orchestrator.projects import places, rundir

if TYPE_CHECKING:
    from orchestrator.app.adopting import Estate
    from orchestrator.engines.local import LocalEngine
    from orchestrator.planning.types import Plan
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.capture.store import LogStore
    from orchestrator.runtime.keeping import Keeping
    from orchestrator.runtime.ports import PortPicker
    from orchestrator.runtime.supervisor import Outcome


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
    watch: bool = False,
) -> Outcome:
    """Run a checked topology to its end, as `project` (by default named as the topology).

    `metrics`: host and port at which they are served. With `watch` what runs follows its files as they
    change. `adjust` makes the plan that is carried out from the one that the topology asks for. `began` is
    called on the loop's thread before anything starts, to subscribe to the hub. Raises OrchestratorError when
    the project is held by another supervisor, the topology cannot be planned, or the engine cannot be
    started. The engine is closed in any case.

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
        held = _hold(topology, project, ephemeral=ephemeral, keep=keep)
        estate = _estate(held)
        ports = PortPicker(None if estate is None else estate.ports)
        planner = Replanner(
            topology,
            profiles=profiles,
            environ=environ,
            run_dir=held.path,
            pick_port=ports,
            check=capacity.check,
            patient=watch,
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
            asyncio.get_running_loop().call_soon(hub.tell, remark(estate.told()))
        running = Running(supervisor=supervisor, hub=hub, run_dir=held, planner=planner)
        began(running)
        return await serve(running, metrics, watch=environ if watch else None)
    finally:
        _let_go(engine, store, held, estate)


def _hold(topology: Topology, project: str | None, *, ephemeral: bool, keep: bool) -> RunDir:
    return rundir.hold(
        project or topology.name,
        os.environ,
        topology=topology.name,
        file=_absolute(topology.file),
        ephemeral=ephemeral,
        keep=keep,
    )


def _let_go(engine: LocalEngine, store: LogStore | None, held: RunDir | None, estate: Estate | None) -> None:
    """Give everything back. What was kept, and not taken over, goes on."""
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


def _absolute(file: str) -> str:
    return os.path.realpath(file) if os.path.exists(file) else file  # noqa: PTH110 - `-` and `<python>` stay


def exit_code(outcome: Outcome, *, interrupted: bool) -> ExitCode:
    """A run that was ended by Ctrl-C and stopped cleanly is 130; one that failed is 1, however it ended."""
    if outcome.failed:
        return ExitCode.FINDINGS
    return ExitCode.INTERRUPTED if interrupted else ExitCode.OK
