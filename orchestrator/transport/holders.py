"""Who holds an address that could not be bound: a pid and a command line.

Linux only, best effort, never raises.
"""

from __future__ import annotations

import os
from pathlib import Path

_LISTEN = "0A"
"""The state LISTEN in /proc/net/tcp (include/net/tcp_states.h)."""


def holder(address: str) -> str | None:
    """`pid 4711 (python server.py)`, or None when it cannot be told: another user's process, another
    system."""
    try:
        inodes = _inodes(address)
        return _owner(inodes) if inodes else None
    except (OSError, ValueError):
        return None


def _inodes(address: str) -> set[str]:
    scheme, _, rest = address.partition("://")
    if scheme == "ipc":
        return _unix_inodes(rest)
    if scheme != "tcp":
        return set()
    port = int(rest.rpartition(":")[2])
    return _tcp_inodes("/proc/net/tcp", port) | _tcp_inodes("/proc/net/tcp6", port)


def _tcp_inodes(table: str, port: int) -> set[str]:
    """Socket inodes that listen on a port (proc(5), /proc/net/tcp)."""
    try:
        lines = Path(table).read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return set()
    found = set()
    for line in lines:
        fields = line.split()
        if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
            found.add(fields[9])
    return found


def _unix_inodes(path: str) -> set[str]:
    """The peer's pid would be simpler (SO_PEERCRED), but it names who called listen(), which a fork may
    outlive."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    wanted = {path, str(Path(path).absolute())}
    return {fields[6] for line in lines if len(fields := line.split(maxsplit=7)) == 8 and fields[7] in wanted}


def _owner(inodes: set[str]) -> str | None:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - thousands of entries, and only their names matter
        if entry.isdigit() and _has_one(entry, wanted):
            return f"pid {entry} ({_command(entry)})"
    return None


def _has_one(pid: str, wanted: set[str]) -> bool:
    directory = f"/proc/{pid}/fd"
    try:
        descriptors = os.listdir(directory)  # noqa: PTH208
    except OSError:
        return False
    for descriptor in descriptors:
        try:
            if os.readlink(f"{directory}/{descriptor}") in wanted:  # noqa: PTH115
                return True
        except OSError:
            continue
    return False


def _command(pid: str) -> str:
    raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    text = raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    if not text:
        text = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    return text if len(text) <= 80 else text[:77] + "..."
