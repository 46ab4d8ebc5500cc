"""What processes use, as the kernel tells it: CPU time and memory. Linux; elsewhere nothing is known."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of a process and its descendants."""

    cpu_s: float
    """CPU time since their start; what ended children used counts once they have been waited for."""
    memory_bytes: int
    """Proportional set size (proc_pid_smaps(5)): shared pages count for each by their share."""
    processes: int
    age_s: float
    """Since the first of them started."""


def sample(pids: Mapping[str, int]) -> dict[str, Usage]:
    """unit -> what its processes use; without those that are gone. Takes about 0.1 ms per process."""
    if not (_PROC / "self" / "stat").exists():
        return {}
    tick, uptime_s = os.sysconf("SC_CLK_TCK"), _uptime()
    found = {unit: _of(pid, tick, uptime_s) for unit, pid in pids.items()}
    return {unit: usage for unit, usage in found.items() if usage is not None}


def _of(pid: int, tick: int, uptime_s: float) -> Usage | None:
    cpu_s, memory, processes, age_s = 0.0, 0, 0, 0.0
    for member in _family(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (_PROC / str(member) / "stat").read_bytes().rpartition(b")")[2].split()
            cpu_s += sum(int(fields[n]) for n in (11, 12)) / tick
            if member == pid:
                cpu_s += sum(int(fields[n]) for n in (13, 14)) / tick
                age_s = uptime_s - int(fields[19]) / tick
            memory += _memory(member)
            processes += 1
    if not processes:
        return None
    return Usage(cpu_s=cpu_s, memory_bytes=memory, processes=processes, age_s=max(age_s, 0.0))


def _family(pid: int) -> Iterable[int]:
    waiting = [pid]
    while waiting:
        member = waiting.pop()
        yield member
        with contextlib.suppress(OSError):
            for task in (_PROC / str(member) / "task").iterdir():
                waiting += map(int, (task / "children").read_bytes().split())


def _memory(pid: int) -> int:
    for row in (_PROC / str(pid) / "smaps_rollup").read_bytes().splitlines():
        if row.startswith(b"Pss:"):
            return int(row.split()[1]) * 1024
    return 0


def _uptime() -> float:
    return float((_PROC / "uptime").read_text().split()[0])
