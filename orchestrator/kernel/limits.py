"""What the control groups of this process allow it (cgroups(7), both versions): memory, tasks, CPU time.

A limit of any group above holds too, so that the smallest one counts. Groups outside of what is mounted here
(those of a container's host) cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UNLIMITED: Final = 1 << 60
"""Version 1 writes a number near 2^63 for no limit at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLimits:
    """None: not limited, or it cannot be seen."""

    memory: int | None = None
    """Bytes."""
    memory_used: int | None = None
    """Bytes, of the group that has the limit."""
    tasks: int | None = None
    """Processes and threads."""
    tasks_used: int | None = None
    cpus: float | None = None
    """How many processors' time it may take."""


def read(proc: Path = Path("/proc/self")) -> GroupLimits:
    """The limits that hold for this process."""
    groups = list(_groups(_text(proc / "cgroup"), _text(proc / "mountinfo")))
    memory = _smallest(
        groups, (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    )
    tasks = _smallest(groups, (("pids.max", "pids.current"),))
    quotas = [quota for group in groups if (quota := _quota(group)) is not None]
    return GroupLimits(
        memory=memory[0],
        memory_used=memory[1],
        tasks=tasks[0],
        tasks_used=tasks[1],
        cpus=min(quotas, default=None),
    )


def _groups(own: str, mountinfo: str) -> Iterator[Path]:
    """Every directory that may hold a limit: our groups, and those above them."""
    paths: dict[str, str] = {}
    for line in own.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(",") if number != "0" else ("",):
            paths[controller] = path
    for root, mountpoint, names in _mounts(mountinfo):
        own_path = next((paths[name] for name in names if name in paths), None)
        if own_path is None:
            continue
        base = root.rstrip("/")
        inside = own_path.removeprefix(base) if own_path.startswith(base + "/") else "/"
        top = Path(mountpoint)
        group = top / inside.strip("/")
        while True:
            yield group
            if group == top:
                break
            group = group.parent


def _mounts(mountinfo: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Root, mount point and controllers of each mounted hierarchy (proc_pid_mountinfo(5))."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) > 4 and kind and kind[0] == "cgroup2":
            yield fields[3], fields[4], ("",)
        elif len(fields) > 4 and len(kind) > 2 and kind[0] == "cgroup":
            yield fields[3], fields[4], tuple(kind[2].split(","))


def _smallest(groups: list[Path], names: tuple[tuple[str, str], ...]) -> tuple[int | None, int | None]:
    """The smallest limit of these files, and what is used of it."""
    found = [
        (limit, _number(group / used))
        for group in groups
        for name, used in names
        if (limit := _number(group / name)) is not None and limit < _UNLIMITED
    ]
    return min(found, key=lambda pair: pair[0], default=(None, None))


def _quota(group: Path) -> float | None:
    quota, _, period = _text(group / "cpu.max").strip().partition(" ")
    if not quota:
        quota, period = (_text(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
    if not quota.isdecimal() or not period.isdecimal() or int(period) == 0:
        return None  # `max`, or -1
    return int(quota) / int(period)


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
