"""The addresses that a plan binds: whether they are free, who has them else, and what is in the way."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.projects.find import Project

if TYPE_CHECKING:
    from orchestrator.planning.types import Plan

ADDRESSES: Final = Topic(name="addresses")
_LONGEST: Final = 107
"""Bytes of the path of a unix socket (unix(7))."""


def addresses(plan: Plan, ours: Project | None) -> Iterator[Check]:
    """Each address that the plan binds. `ours` is the project of the file that runs, if any: what its
    processes hold is as it should be."""
    from orchestrator.runtime.occupied import is_taken

    free = held = 0
    for ref, address in _binds(plan):
        if not is_taken(address):
            found = _in_the_way(ref, address)
            free += found is None or not found.wrong
            if found is not None:
                yield found
        elif (taken := _taken(ref, address, ours)) is not None:
            yield taken
        else:
            held += 1
    if held and ours is not None:
        what = f"{held} addresses are bound" if held > 1 else "1 address is bound"
        yield ADDRESSES.ok(f"{what} by {ours.name}, which runs")
    if free:
        yield ADDRESSES.ok(
            f"{free} address{'es' if free > 1 else ''} to bind {'are' if free > 1 else 'is'} free"
        )


def _binds(plan: Plan) -> Iterator[tuple[str, str]]:
    for unit in plan.units:
        for instance in unit.instances:
            for socket in instance.sockets:
                for address in socket.binds:
                    yield f"{instance.instance}.{socket.name}", address


# ------------------------------------------------------------------ taken


def _taken(ref: str, address: str, ours: Project | None) -> Check | None:
    from orchestrator.transport.holders import holder_pid

    pid = holder_pid(address)
    if pid is not None and ours is not None and _is_of(pid, ours):
        return None
    remedy = f"end it, or give `{ref}` another address"
    if pid is None:
        remedy += "; `sudo ss -lptn` shows who it is" if address.startswith("tcp") else ""
    who = "another process" if pid is None else _who(pid)
    return ADDRESSES.error(
        f"`{ref}` is to bind {address}, which is taken by {who}", remedy, subject=ref, pid=pid
    )


def _who(pid: int) -> str:
    from orchestrator.kernel.births import began
    from orchestrator.kernel.holding import command, user

    start = began(pid)
    since = "" if start is None else time.strftime(", since %Y-%m-%d %H:%M:%S", time.localtime(start))
    return f"process {pid} ({command(pid)}) of user {user(pid)}{since}"


def _is_of(pid: int, project: Project) -> bool:
    """Whether a process is the project's supervisor or below it, or carries its mark."""
    from orchestrator.engines import proctable

    if pid == project.record.pid or pid in proctable.descendants(project.record.pid):
        return True
    mark = (proctable.mark_of(pid) or "").partition(":")[0]
    return bool(mark) and mark == project.record.mark


# ------------------------------------------------------------------ free, and not to be had


def _in_the_way(ref: str, address: str) -> Check | None:
    """What keeps an address from being bound although nobody has it."""
    scheme, _, rest = address.partition("://")
    if scheme == "ipc" and os.name == "posix" and not rest.startswith(("@", "*")):
        return _path(ref, address, Path(rest))
    port = rest.rpartition(":")[2]
    if scheme == "tcp" and port.isdigit() and 0 < int(port) < _first_free_port():
        return ADDRESSES.error(
            f"`{ref}` is to bind {address}, and ports below {_first_free_port()} are for the superuser",
            "choose a higher port, or grant CAP_NET_BIND_SERVICE (capabilities(7))",
            subject=ref,
        )
    return None


def _first_free_port(file: Path = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")) -> int:
    """The first port that this user may bind (ip(7))."""
    if not hasattr(os, "geteuid") or os.geteuid() == 0:
        return 0
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _path(ref: str, address: str, path: Path) -> Check | None:
    length = len(os.fsencode(path))
    if length > _LONGEST:
        return ADDRESSES.error(
            f"`{ref}` is to bind a path of {length} bytes, and {_LONGEST} are possible (unix(7)): {address}",
            "choose a shorter one, or let the orchestrator choose: `bind: auto`",
            subject=ref,
        )
    try:
        found = path.lstat()
    except OSError:
        return None  # nothing there; whether its directory serves is for `validate --host-check` to say
    if not stat.S_ISSOCK(found.st_mode):
        what = "a directory" if stat.S_ISDIR(found.st_mode) else "a file that is no socket: libzmq removes it"
        return ADDRESSES.error(
            f"`{ref}` is to bind {address}, where there is {what}",
            f"move {path} away, or give `{ref}` another address",
            subject=ref,
        )
    if not _may_remove(path, found.st_uid):
        from orchestrator.kernel.holding import user_name

        return ADDRESSES.error(
            f"`{ref}` is to bind {address}, where user {user_name(found.st_uid)} left a socket that nobody "
            "listens at and that this user may not remove",
            f"let its owner remove {path}, or give `{ref}` another address",
            subject=ref,
        )
    return ADDRESSES.note(f"{path} is a socket that nobody listens at: `{ref}` will replace it", subject=ref)


def _may_remove(path: Path, owner: int) -> bool:
    """Whether this user may unlink a file: in a sticky directory its owner alone may (unlink(2))."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return False
    around = path.parent.stat()
    user = os.geteuid()
    return not around.st_mode & stat.S_ISVTX or user in (0, owner, around.st_uid)
