"""Bring a topology up in the foreground: plan it, run it, tell how it ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from orchestrator.errors import ExitCode, UsageError
from orchestrator.model.types import Topology
from orchestrator.runtime import rundir

if TYPE_CHECKING:
    from orchestrator.engines.local import LocalEngine
    from orchestrator.planning.types import Plan
    from orchestrator.runtime.reports import Report
    from orchestrator.runtime.supervisor import Outcome, Supervisor


def warm_engine() -> LocalEngine:
    """An engine whose zygote begins to warm up at once, while the caller still reads and checks."""
    from orchestrator.engines.local import LocalEngine

    engine = LocalEngine()
    engine.prestart()
    return engine


async def run(
    topology: Topology,
    engine: LocalEngine,
    *,
    tell: Callable[[Report], None],
    environ: Mapping[str, str] | None = None,
    profiles: Collection[str] = (),
    began: Callable[[Supervisor], None] = lambda _: None,
) -> Outcome:
    """Run a checked topology to its end.

    `began` gets the supervisor once there is one, on the loop's thread. Raises OrchestratorError when the
    topology cannot be planned or the engine cannot be started. The engine is closed in any case.
    """
    from orchestrator.model.profiles import select_profiles
    from orchestrator.planning.build import build
    from orchestrator.runtime.ports import PortPicker
    from orchestrator.runtime.supervisor import Supervisor

    environ = os.environ if environ is None else environ
    directory = None
    try:
        active = select_profiles(topology, profiles)
        if not active.nodes:
            raise UsageError(f"{topology.file}: no node is to be started", "name a profile: --profile NAME")
        directory = rundir.make(topology.name, os.environ)
        plan = build(
            active,
            run_dir=str(directory.path),
            environ=environ,
            platform=os.name,
            pick_port=PortPicker(),
        )
        _check_descriptors(plan)
        supervisor = Supervisor(plan, engine, tell=tell, environ=environ)
        began(supervisor)
        return await supervisor.run()
    finally:
        engine.abandon()
        if directory is not None:
            directory.close()


def _check_descriptors(plan: Plan) -> None:
    if os.name == "posix":
        from orchestrator.engines import limits

        python = sum(unit.is_python for unit in plan.units)
        limits.require(python, len(plan.units) - python)


def exit_code(outcome: Outcome, *, interrupted: bool) -> ExitCode:
    """A run that was ended by Ctrl-C and stopped cleanly is 130; one that failed is 1, however it ended."""
    if outcome.failed:
        return ExitCode.FINDINGS
    return ExitCode.INTERRUPTED if interrupted else ExitCode.OK
