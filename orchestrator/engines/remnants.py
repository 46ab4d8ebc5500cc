"""What is left of a run whose supervisor and zygote were both killed: found by the mark it carries. POSIX."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Final

from orchestrator.engines import proctable

_ROUNDS: Final = 5
"""How often it is looked again for what was forked meanwhile."""


def end_marked(mark: str) -> list[int]:
    """Kill every process that carries the mark of an engine that is gone. Returns which they were."""
    ended: set[int] = set()
    for _ in range(_ROUNDS):
        found = {pid for pid in proctable.scan() if _carries(pid, mark)} - {os.getpid()}
        if not found - ended:
            break
        for pid in found - ended:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        ended |= found
    return sorted(ended)


def _carries(pid: int, mark: str) -> bool:
    return (proctable.mark_of(pid) or "").partition(":")[0] == mark
