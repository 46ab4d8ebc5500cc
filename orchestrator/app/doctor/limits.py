"""Files, tasks, memory and processor time that this process may have, beside what a topology needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.app.doctor.types import Check, Needs, Topic
from orchestrator.kernel import limits as groups

LIMITS: Final = Topic(name="limits")
_MIB: Final = 1 << 20
PYTHON_BYTES: Final = 8 * _MIB
"""Of a Python node that has loaded no library: 3 to 5 MiB of its own, and its share of the rest."""
FOREIGN_BYTES: Final = 2 * _MIB
"""Of the least foreign program."""
_COMFORTABLE: Final = 4096
"""Open files with which hundreds of nodes run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the system grants this process. None: no limit, or none that can be seen."""

    files: int | None = None
    """RLIMIT_NOFILE, the hard one: the supervisor takes it."""
    processes: int | None = None
    """RLIMIT_NPROC: tasks of this user; not for root."""
    memory_free: int | None = None
    """MemAvailable of /proc/meminfo, bytes."""
    cpus: int = 1
    """Processors that this process may run on."""
    groups: groups.GroupLimits = field(default_factory=groups.GroupLimits)


def look() -> Allowed:
    """What holds here."""
    return Allowed(
        files=_hard("RLIMIT_NOFILE"),
        processes=None if hasattr(os, "geteuid") and os.geteuid() == 0 else _hard("RLIMIT_NPROC"),
        memory_free=_memory_free(),
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        groups=groups.read(),
    )


def limits(allowed: Allowed, needs: Needs) -> Iterator[Check]:
    """What is to be said of them."""
    yield _files(allowed, needs)
    yield _tasks(allowed, needs)
    yield _memory(allowed, needs)
    yield _cpus(allowed, needs)


def _files(allowed: Allowed, needs: Needs) -> Check:
    have = allowed.files
    if have is None:
        return LIMITS.ok("no limit of open files")
    from orchestrator.engines.limits import needed  # POSIX, as such limits are

    wanted = needed(needs.python, needs.foreign)
    raise_it = "raise the hard limit: `ulimit -n`, limits.conf(5), or `LimitNOFILE=` of systemd"
    if have < wanted:
        what = f"{needs.processes} processes need about {wanted} open files"
        return LIMITS.error(f"{what}, and no more than {have} are allowed", raise_it)
    for_it = f"; this topology needs about {wanted}" if needs.processes else ""
    if have < _COMFORTABLE and not needs.processes:
        return LIMITS.note(f"{have} open files are allowed, enough for about {have // 4} nodes", raise_it)
    return LIMITS.ok(f"{have} open files are allowed{for_it}")


def _tasks(allowed: Allowed, needs: Needs) -> Check:
    found = [(n, what) for n, what in _task_limits(allowed) if n is not None]
    if not found:
        return LIMITS.ok("no limit of processes and threads")
    free, what = min(found)
    if free < needs.tasks:
        return LIMITS.error(
            f"the topology takes about {needs.tasks} processes and threads, and {what} leaves {max(free, 0)}",
            "raise it: `ulimit -u`, `TasksMax=` of systemd, `--pids-limit` of a container",
        )
    return LIMITS.ok(f"{free} more processes and threads are allowed ({what})")


def _task_limits(allowed: Allowed) -> Iterator[tuple[int | None, str]]:
    yield allowed.processes, "RLIMIT_NPROC"
    limit = allowed.groups.tasks
    yield None if limit is None else limit - (allowed.groups.tasks_used or 0), "the control group"


def _memory(allowed: Allowed, needs: Needs) -> Check:
    found = [(n, what) for n, what in _memory_limits(allowed) if n is not None]
    if not found:
        return LIMITS.note("how much memory is free cannot be seen here")
    free, what = min(found)
    has = f"{_mib(free)} of memory are free ({what})"
    if free < needs.memory:
        return LIMITS.warning(
            f"{has}; this topology takes {_mib(needs.memory)} at least",
            "raise the limit, lower `resources: {memory: …}`, or start fewer replicas",
        )
    return LIMITS.ok(f"{has}; this topology takes {_mib(needs.memory)} at least" if needs.memory else has)


def _memory_limits(allowed: Allowed) -> Iterator[tuple[int | None, str]]:
    yield allowed.memory_free, "of the machine"
    limit = allowed.groups.memory
    yield None if limit is None else max(0, limit - (allowed.groups.memory_used or 0)), "of the control group"


def _cpus(allowed: Allowed, needs: Needs) -> Check:
    quota = allowed.groups.cpus
    has = f"{allowed.cpus} processor{'s' if allowed.cpus > 1 else ''}"
    if quota is None or quota >= allowed.cpus:
        return LIMITS.ok(has)
    granted = f"{has}, of which the control group grants the time of {quota:g}"
    if quota < 1:
        return LIMITS.warning(
            f"{granted}: processes are halted again and again, and heartbeats come late",
            "grant more (`--cpus`, `CPUQuota=`), or give `heartbeat` a longer interval",
        )
    return LIMITS.note(granted)


def _mib(count: int) -> str:
    return f"{count / 1024 / _MIB:.1f} GiB" if count >= 1024 * _MIB else f"{count // _MIB} MiB"


def _hard(name: str) -> int | None:
    try:
        import resource

        _, hard = resource.getrlimit(getattr(resource, name))
    except (ImportError, AttributeError, OSError, ValueError):
        return None
    return None if hard == resource.RLIM_INFINITY else hard


def _memory_free() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == "MemAvailable" and value.split()[:1]:
            return int(value.split()[0]) * 1024
    return None
