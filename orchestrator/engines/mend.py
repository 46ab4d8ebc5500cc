"""After the zygote was killed: find what it had made and end that. In the supervisor.

Main processes die with the zygote (PR_SET_PDEATHSIG); what they had started does not, and is found by its
session or by the marker in its environment. The supervisor is no subreaper: it would become the parent of
other people's orphans (of a probe's command, of a notebook's own subprocesses), which nobody here could
reap without stealing from them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress

from orchestrator.engines import proctable

_PAUSE_S = 0.002
_GIVE_UP_S = 5.0


async def clean_up(mark: str, mains: set[int]) -> bool:
    """SIGKILL all that the engine `mark` made, until nothing of it is left. False when that fails.

    `mains`: ids of main processes, each the leader of its session.
    """
    deadline = time.monotonic() + _GIVE_UP_S
    while True:
        left = leftovers(mark, mains)
        if not left:
            return True
        if time.monotonic() > deadline:
            return False
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(_PAUSE_S)


def leftovers(mark: str, mains: set[int]) -> set[int]:
    """Living processes that the engine `mark` made, its zygote included, and their descendants."""
    table = {pid: proc for pid, proc in proctable.scan().items() if not proc.zombie}
    prefix = f"{mark}:"
    roots = {
        proc.pid
        for proc in table.values()
        if proc.session in mains or (proctable.mark_of(proc.pid) or "").startswith(prefix)
    }
    return proctable.below(table, roots) - {os.getpid()}
