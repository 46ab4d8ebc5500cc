"""Where the hooks of a topology are tied to a run of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from orchestrator.model.types import Topology

if TYPE_CHECKING:
    from orchestrator.engines import Engine
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.hub import Hub


def hooked(topology: Topology, engine: Engine, hub: Hub, held: RunDir, environ: Mapping[str, str]) -> Engine:
    """The engine for a run's supervisor: the same one, and where there are hooks one that runs them too."""
    if not topology.hooks:
        return engine
    from orchestrator.runtime.hooks.commands import SharedEngine
    from orchestrator.runtime.hooks.happenings import Where
    from orchestrator.runtime.hooks.hooks import Hooks

    shared = SharedEngine(engine)
    where = Where(topology=topology.name, project=held.record.project, run_dir=str(held.path))
    hooks = Hooks(
        topology.hooks,
        shared,
        where=where,
        directory=topology.directory,
        environ=environ,
        tell=hub.tell,
    )
    hub.subscribe(hooks.hear)
    return shared
