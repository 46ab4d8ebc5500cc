"""What a process may use of the machine: asked beforehand, and set in the child. POSIX only.

`apply` runs between fork and exec (or the node's code): it takes no lock and raises RefusedError alone.
The questions that follow ask for the same beforehand, of this process.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

JOIN: Final = b"0"
"""Written to `cgroup.procs`, it means the writer (cgroups(7))."""

_CAP_SYS_NICE: Final = 23
_CAP_SYS_RESOURCE: Final = 24
_PAGES: Final = "/proc/self/statm"
_PLENTY: Final = 1 << 13
"""No kernel is built for more processors (CONFIG_NR_CPUS)."""


class RefusedError(Exception):
    """The system does not grant what was asked for; trying again does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a child does to itself. None: nothing."""

    cpus: tuple[int, ...] | None = None
    nice: int | None = None
    nofile: int | None = None
    address_space: int | None = None
    """Bytes of RLIMIT_AS, where no control group bounds the memory."""
    group: str | None = None
    """The control group to join: its `cgroup.procs`."""


def apply(limits: Limits) -> None:
    """Restrict this process, and all that it starts. Raises RefusedError, OSError for the group."""
    if limits.group is not None:
        _join(limits.group)
    if limits.cpus is not None:
        _bind(frozenset(limits.cpus))
    if limits.nice is not None:
        _set_nice(limits.nice)
    if limits.nofile is not None:
        _set_nofile(limits.nofile)
    if limits.address_space is not None:
        _set_address_space(limits.address_space)


def _join(group: str) -> None:
    try:
        fd = os.open(group, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise RefusedError(f"its control group cannot be joined: {error.strerror}: {group}") from error
    try:
        os.write(fd, JOIN)
    except OSError as error:
        raise RefusedError(f"its control group cannot be joined: {error.strerror}: {group}") from error
    finally:
        os.close(fd)


def _bind(cpus: frozenset[int]) -> None:
    """The kernel takes numbers that are not there as long as one is, so the result is looked at."""
    if not hasattr(os, "sched_setaffinity"):
        raise RefusedError("`resources.cpus` cannot be had here: this system binds no process to processors")
    try:
        os.sched_setaffinity(0, cpus)
        got = os.sched_getaffinity(0)
    except OSError:
        got = set()
    if got != cpus:
        raise RefusedError(f"`resources.cpus`: {missing_text(cpus - got)}")


def _set_nice(nice: int) -> None:
    try:
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    except OSError as error:
        own = os.getpriority(os.PRIO_PROCESS, 0)
        raise RefusedError(f"`resources.nice`: {nice_text(nice, own)}") from error


def _set_nofile(count: int) -> None:
    """Both limits: a program that raises the soft one to the hard one would not be limited."""
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    except (OSError, ValueError) as error:
        raise RefusedError(f"`resources.nofile`: {nofile_text(count)}") from error


def _set_address_space(size: int) -> None:
    """A process that has more than that already could not even map its stack anew: it is told instead."""
    used = address_space()
    if used > size:
        raise RefusedError(f"`resources.memory`: {space_text(size, used)}")
    try:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    except (OSError, ValueError) as error:
        raise RefusedError(f"`resources.memory`: {size} bytes are refused: {error}") from error


def address_space() -> int:
    """Bytes of address space that this process has; 0 where that is not told."""
    try:
        fd = os.open(_PAGES, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return int(os.read(fd, 64).split(b" ", 1)[0]) * resource.getpagesize()
    finally:
        os.close(fd)


# ---------------------------------------------------------------------- asked beforehand


def usable_cpus() -> frozenset[int]:
    """The processors that a process here can be bound to, whatever this one is bound to now.

    Empty where no process can be bound. Asked in a thread of its own, which the answer binds.
    """
    if not hasattr(os, "sched_setaffinity"):
        return frozenset()
    found: list[set[int]] = []

    def ask() -> None:
        with suppress(OSError):  # then those of now are all that is known
            os.sched_setaffinity(0, range(_PLENTY))
        found.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=ask, name="orchestrator-cpus")
    thread.start()
    thread.join()
    return frozenset(found[0])


def may_have_nice(nice: int) -> bool:
    """Whether a process of this user may have that priority: setpriority(2), RLIMIT_NICE in getrlimit(2)."""
    if nice >= os.getpriority(os.PRIO_PROCESS, 0) or _is_capable(_CAP_SYS_NICE):
        return True
    if not hasattr(resource, "RLIMIT_NICE"):
        return False
    ceiling, _ = resource.getrlimit(resource.RLIMIT_NICE)
    return ceiling == resource.RLIM_INFINITY or nice >= 20 - ceiling


def may_have_nofile(count: int) -> bool:
    """Whether a process of this user may have so many files open."""
    return count <= _most_files()


def _most_files() -> int:
    """The hard limit of open files; with the right to raise it, what the kernel can do (proc_sys_fs(5))."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and not _is_capable(_CAP_SYS_RESOURCE):
        return hard
    try:
        return int(Path("/proc/sys/fs/nr_open").read_text())
    except OSError:
        return sys.maxsize


def _is_capable(capability: int) -> bool:
    """Whether this process has a capability (capabilities(7)); root in a container lacks most of them."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return os.geteuid() == 0
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> capability & 1)


# ---------------------------------------------------------------------- words


def missing_text(missing: Iterable[int]) -> str:
    """Which processors are not to be had."""
    numbers = sorted(missing)
    shown = ", ".join(map(str, numbers[:8])) + (", …" if len(numbers) > 8 else "")
    if len(numbers) == 1:
        return f"processor {shown} is not here, or may not be used"
    return f"processors {shown} are not here, or may not be used"


def nice_text(nice: int, own: int) -> str:
    """Why a priority is not granted."""
    return f"{nice} is less than the orchestrator's own {own}, which takes the right to (CAP_SYS_NICE)"


def nofile_text(count: int) -> str:
    """Why a number of open files is not granted."""
    return f"{count} open files are more than the hard limit of {_most_files()} allows"


def space_text(size: int, used: int) -> str:
    """Why a bound of the address space is useless."""
    return (
        f"{size >> 20} MiB of address space are too few: the process has {used >> 20} MiB before it begins "
        "(no control group can be used here, so its address space is what is bounded)"
    )
