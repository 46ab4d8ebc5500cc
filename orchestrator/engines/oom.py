"""Was it the kernel's out-of-memory killer? Best effort, from what the kernel counts and logs.

Sources: `oom_kill` in the own cgroup's memory.events (cgroup v2) or memory.oom_control (v1) and in
/proc/vmstat (whole machine), and the line "Killed process PID" in /dev/kmsg, which an unprivileged user or
container may not read.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

_FRESH_S = 5.0
"""How long a counted OOM kill may explain an exit: its victim's exit is known milliseconds later."""


class OomWatch:
    """Knows how many OOM kills there have been, and which of them no exit has been explained by yet."""

    def __init__(
        self,
        count: Callable[[], int] | None = None,
        log_names: Callable[[int], bool | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count or KernelCounters().read
        self._log_names = log_names or kernel_log_names
        self._clock = clock
        self._seen = self._count()
        self._unexplained: deque[float] = deque()

    def refresh(self) -> None:
        """Take note of kills so far, so that a later exit is not blamed on them."""
        now, count = self._clock(), self._count()
        self._unexplained.extend([now] * (count - self._seen))
        self._seen = count
        while self._unexplained and now - self._unexplained[0] > _FRESH_S:
            self._unexplained.popleft()

    def explains(self, pid: int) -> bool:
        """Whether the SIGKILL that ended `pid`, and which nobody here sent, came from the OOM killer."""
        self.refresh()
        if not self._unexplained:
            return False
        if self._log_names(pid) is False:
            return False
        self._unexplained.popleft()
        return True


class KernelCounters:
    """The sum of all `oom_kill` counters that concern this process."""

    def __init__(self) -> None:
        candidates = [*_cgroup_files(), Path("/proc/vmstat")]
        self._files = [path for path in candidates if path.is_file()]

    def read(self) -> int:
        """The highest of the counters: each counts a subset of the machine's."""
        return max((_oom_kill(path) for path in self._files), default=0)


def _cgroup_files() -> list[Path]:
    files = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        relative = path.lstrip("/")
        if not controllers:
            files.append(Path("/sys/fs/cgroup") / relative / "memory.events")
        elif "memory" in controllers.split(","):
            files.append(Path("/sys/fs/cgroup/memory") / relative / "memory.oom_control")
    return files


def _oom_kill(path: Path) -> int:
    try:
        for line in path.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    except (OSError, ValueError):
        pass
    return 0


def kernel_log_names(pid: int) -> bool | None:
    """Whether the kernel's log says that it killed `pid` for memory; None when the log cannot be read.

    Process ids in the log are those of the machine, so a container's never match: there None is the answer
    too.
    """
    if _in_container():
        return None
    needle = f"Killed process {pid} ".encode()
    try:
        fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _log_has(fd, needle)
    finally:
        os.close(fd)


def _log_has(fd: int, needle: bytes) -> bool | None:
    while True:
        try:
            record = os.read(fd, 8192)
        except BlockingIOError:
            return False
        except BrokenPipeError:  # the record was overwritten meanwhile; the next one follows
            continue
        except OSError:
            return None
        if needle in record:
            return True


def _in_container() -> bool:
    """Whether process ids here differ from the machine's (the initial namespace's inode is fixed)."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino != 0xEFFFFFFC  # PROC_PID_INIT_INO
    except OSError:
        return True
