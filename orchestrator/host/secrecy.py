"""Keeps the memory of a process that holds secret keys out of core dumps."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Final

_NO_MEMORY: Final = "0"
"""No kind of memory is dumped (core(5), "Controlling which mappings are written to the core dump")."""
_SKIP: Final = 1
"""With this limit the kernel starts no program for a dump either, as it does with 0 (core(5))."""


def leave_no_dumps() -> None:
    """From here on, and for what this process starts: a crash writes no memory to disk. Where the platform
    does not allow that, nothing happens."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError):
        Path("/proc/self/coredump_filter").write_text(_NO_MEMORY)
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_CORE)
        least = _SKIP if most == resource.RLIM_INFINITY else min(_SKIP, most)
        resource.setrlimit(resource.RLIMIT_CORE, (least, most))
