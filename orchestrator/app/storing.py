"""What nodes write and what happens to them is kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.model.types import Logs

if TYPE_CHECKING:
    from orchestrator.engines.local import LocalEngine
    from orchestrator.planning.types import Plan
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.capture.store import LogStore
    from orchestrator.runtime.hub import Hub


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
