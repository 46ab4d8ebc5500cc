"""Control groups (v2): one for each process whose memory is bounded, below the group we run in ourselves.

The kernel counts what all processes of a group take together, ends the group when it needs more than its
`memory.max`, and says so in its `memory.events`. Plain files; knows nothing of units and engines. Linux:
elsewhere `find` says that there are none.

A group that has processes of its own can't hand a controller on to groups below it (the root apart), so
where we are alone in ours we move into a *leaf* below it first. Source: cgroups(7), and the kernel's
Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint".
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

MEMORY: Final = "memory"
"""The controller that is needed."""

_PREFIX: Final = "orchestrator-"
_GONE_S: Final = 1.0
"""The longest the end waits for killed processes of one group."""


class UnusableError(Exception):
    """Why no process can be put into a group of its own here, in words."""


def find(controller: str = MEMORY, *, proc: Path = Path("/proc/self")) -> str:
    """The directory of the group this process is in, when groups can be made below it.

    Raises UnusableError. Changes nothing.
    """
    if sys.platform != "linux":
        raise UnusableError("this system has no control groups")
    home = _own_group(proc)
    if controller not in _read(f"{home}/cgroup.controllers").split():
        raise UnusableError(f"no {controller} controller of control groups (v2) reaches this process")
    for file in ("", "/cgroup.procs", "/cgroup.subtree_control"):
        if not os.access(home + file, os.W_OK):
            raise UnusableError(f"the control group {home} may not be written to")
    return home


def leaf_of(home: str, mark: str) -> str:
    """Where the processes go that are in `home` themselves. `mark` names the engine."""
    return f"{home}/{_PREFIX}{mark}"


def group_of(home: str, mark: str, unit: str, attempt: int) -> str:
    """The group of one attempt of a unit."""
    return f"{leaf_of(home, mark)}.{unit}.{attempt}"


def open_up(home: str, leaf: str, is_ours: Callable[[int], bool], controller: str = MEMORY) -> None:
    """See that groups below `home` have the controller.

    Where that takes it, everybody in `home` moves to `leaf`, if all of them are ours. Raises UnusableError,
    and then nothing has changed.
    """
    control = f"{home}/cgroup.subtree_control"
    if controller in _read(control).split():
        return
    try:
        _write(control, f"+{controller}")
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise UnusableError(f"{control} refuses `+{controller}`: {error.strerror}") from error
    else:
        return
    strangers = [pid for pid in _processes(home) if not is_ours(pid)]
    if strangers:
        raise UnusableError(
            f"the control group {home} holds processes that are not the orchestrator's ({strangers[0]}, …)"
        )
    try:
        with suppress(FileExistsError):
            Path(leaf).mkdir()
        _move(home, leaf)
        _write(control, f"+{controller}")
    except OSError as error:
        close_down(home, leaf, controller)
        raise UnusableError(f"{control} refuses `+{controller}`: {error.strerror}") from error


def close_down(home: str, leaf: str, controller: str = MEMORY) -> None:
    """Undo `open_up`: end what is in groups of this leaf's name, remove them, move back. Idempotent."""
    for group in Path(home).glob(f"{Path(leaf).name}.*"):
        kill(str(group))
        _remove_soon(str(group))
    if not Path(leaf).is_dir():
        return
    with suppress(OSError):  # somebody else's groups may need it now
        _write(f"{home}/cgroup.subtree_control", f"-{controller}")
    with suppress(OSError):
        _move(leaf, home)
    remove(leaf)


def make(group: str, memory: int | None) -> str:
    """Make a group that may take `memory` bytes, no swap, and is ended as a whole. Its `cgroup.procs`.

    Raises OSError.
    """
    with suppress(FileExistsError):
        Path(group).mkdir()
    if memory is not None:
        _write(f"{group}/memory.max", str(memory))
        for file, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with suppress(FileNotFoundError):  # a kernel without swap; one before 4.19
                _write(f"{group}/{file}", value)
    return f"{group}/cgroup.procs"


def kill(group: str) -> None:
    """SIGKILL everybody in the group; at once where the kernel can (5.14), else one by one."""
    try:
        _write(f"{group}/cgroup.kill", "1")
    except OSError:
        for pid in _processes(group):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def is_populated(group: str) -> bool:
    """Whether somebody is in the group."""
    return _count(f"{group}/cgroup.events", "populated") > 0


def ran_out(group: str) -> bool:
    """Whether the kernel ended somebody in the group because of its `memory.max`."""
    return _count(f"{group}/memory.events", "oom_kill") > 0


def remove(group: str) -> bool:
    """Remove an empty group. False while somebody is in it (a zombie counts no longer)."""
    try:
        Path(group).rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _remove_soon(group: str) -> None:
    """Remove a group whose processes have been killed: they take a moment to be gone."""
    deadline = time.monotonic() + _GONE_S
    while not remove(group) and time.monotonic() < deadline:
        time.sleep(0.001)


def _own_group(proc: Path) -> str:
    """Where cgroup2 is mounted, and our path below what of it is mounted there."""
    path = next((line[3:] for line in _read(proc / "cgroup").splitlines() if line.startswith("0::")), None)
    for root, mountpoint in _mounts(_read(proc / "mountinfo")):
        if path is not None and (path + "/").startswith(root.rstrip("/") + "/"):
            return f"{mountpoint}/{path[len(root.rstrip('/')) :].strip('/')}".rstrip("/")
    raise UnusableError("no control groups (v2) are mounted here")


def _mounts(mountinfo: str) -> Iterator[tuple[str, str]]:
    """Root and mount point of each cgroup2 file system (proc_pid_mountinfo(5))."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            fields = before.split()
            yield fields[3], fields[4]


def _move(source: str, target: str) -> None:
    """All processes of one group to another, those that are forked meanwhile too. Raises OSError."""
    while pids := _processes(source):
        for pid in pids:
            with suppress(ProcessLookupError):
                _write(f"{target}/cgroup.procs", str(pid))


def _processes(group: str) -> list[int]:
    return [int(line) for line in _read(f"{group}/cgroup.procs").split()]


def _count(file: str, name: str) -> int:
    for line in _read(file).splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.isdecimal():
            return int(value)
    return 0


def _read(file: str | Path) -> str:
    try:
        return Path(file).read_text()
    except OSError:
        return ""


def _write(file: str, text: str) -> None:
    """The kernel takes one `write` as one request. The file is never made. Raises OSError."""
    fd = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
