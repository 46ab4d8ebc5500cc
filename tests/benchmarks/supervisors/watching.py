"""Seeing what a supervisor does from outside, the same for all: /proc, and nothing that it says itself."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

PAUSE_S = 0.002
"""Between two looks. A look at 300 processes takes about a millisecond, on a core of its own or not."""

SETTLED_S = 5.0
"""A process that has been something else for so long will not execute the load any more."""


class Marked:
    """The processes that were started for one load: `sleep` with a number of seconds that nobody else has."""

    def __init__(self) -> None:
        self.word = str(random.randrange(10**8, 10**9))
        self._seen: dict[int, float] = {}
        """pid -> when something else was first seen in it."""

    @property
    def argv(self) -> tuple[str, ...]:
        return ("sleep", self.word)

    def pids(self) -> set[int]:
        """Those that run by now: their program has been executed, and they are no zombies."""
        found, seen, now = set(), {}, time.monotonic()
        for name in os.listdir("/proc"):  # noqa: PTH208 - a hundred times a second
            if not name.isdigit():
                continue
            pid = int(name)
            first = self._seen.get(pid, now)
            if now - first < SETTLED_S and _cmdline(pid) == [b"sleep", self.word.encode()]:
                found.add(pid)
            else:
                seen[pid] = first
        self._seen = seen
        return found

    def kill(self) -> None:
        """End what is left."""
        while left := self.pids():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


def _cmdline(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123 - as above
            return file.read().rstrip(b"\0").split(b"\0")
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(stat[1]), []).append(int(name))
    found, queue = [], [pid]
    while queue:
        each = queue.pop()
        found.append(each)
        queue += parents.get(each, [])
    return found


def pss_mib(pids: list[int]) -> float:
    """Proportional set size of all together, in MiB (proc(5), smaps_rollup)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, StopIteration):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def cpu_s(pids: list[int]) -> float:
    """Seconds that all threads of the processes have been on a processor so far (proc(5), schedstat: in
    nanoseconds; the clock ticks of `stat` are 10 ms)."""
    total = 0
    for pid in pids:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):
                total += int(file.read_text().split()[0])
    return total / 1e9
