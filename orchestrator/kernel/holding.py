"""Which process holds which socket, and what that process is, from /proc/PID."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Final

_PREFIX: Final = "socket:["
_ZYGOTE: Final = b"orchestrator.engines.zygote"
"""The module from whose process all Python nodes are forked, and the name (comm) that this process has."""
_ZYGOTES_NAME: Final = "orc-zygote"


def pids() -> list[int]:
    """Every process that can be seen."""
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  hot
    except OSError:
        return []


def socket_inodes(pid: int) -> set[int]:
    """The sockets that a process has open; none of those of another user."""
    directory = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(directory)  # noqa: PTH208  hot
    except OSError:
        return set()
    found = set()
    for descriptor in descriptors:
        try:
            target = os.readlink(f"{directory}/{descriptor}")  # noqa: PTH115  hot
        except OSError:
            continue
        if target.startswith(_PREFIX):
            found.add(int(target[len(_PREFIX) : -1]))
    return found


def holders(inodes: Collection[int], among: Iterable[int] | None = None) -> Mapping[int, tuple[int, ...]]:
    """inode -> the processes that hold it, of those in `among` or of all; without those nobody is seen to."""
    wanted, found = set(inodes), dict[int, tuple[int, ...]]()
    for pid in pids() if among is None else among:
        for inode in socket_inodes(pid) & wanted if wanted else ():
            found[inode] = (*found.get(inode, ()), pid)
    return found


def command(pid: int, limit: int = 80) -> str:
    """What a process was started as, cut to `limit` characters; its name where it hides that.

    A Python node was not started but forked, and bears another one's command line: its unit is named.
    """
    words = _read(pid, "cmdline").rstrip(b"\0").split(b"\0")
    text = b" ".join(words).decode("utf-8", "replace").strip()
    name = _read(pid, "comm").decode("utf-8", "replace").strip() or "?"
    if not text:
        text = name
    elif _ZYGOTE in words and name != _ZYGOTES_NAME:
        text = f"{name}, a node of a topology that runs"
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - no pathlib in node processes
            return file.read(4096)
    except OSError:
        return b""


def user(pid: int) -> str | None:
    """Whose process it is: a name, or a number where the number has none."""
    try:
        uid = os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116
    except OSError:
        return None
    return user_name(uid)


def user_name(uid: int) -> str:
    """The name of a user, or the number."""
    try:
        import pwd

        return pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return str(uid)
