"""Running processes, as /proc shows them: what they are, where they listen, to whom they are connected.

Linux alone has it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from orchestrator.errors import OrchestratorError, PlatformError
from orchestrator.importing.observed import Listener, Outgoing, Place, Seen, reaches
from orchestrator.importing.socket_tables import SocketTable, directory, link
from orchestrator.kernel import holding


def observe(pids: Sequence[int]) -> tuple[Seen, ...]:
    """The processes, each once, in this order. Raises OrchestratorError for one that can't be looked at."""
    if not sys.platform.startswith("linux"):
        raise PlatformError("running processes can be looked at on Linux only", "import from a file")
    wanted = tuple(dict.fromkeys(_process_of(pid) for pid in pids))
    inodes = {pid: _sockets_of(pid) for pid in wanted}
    tables: dict[int, SocketTable] = {}
    for pid in wanted:
        number = _namespace(pid)
        if number not in tables:
            tables[number] = SocketTable.read(number, pid, inodes)
    return tuple(_Process(pid, inodes, tables[_namespace(pid)]).seen() for pid in wanted)


def _process_of(pid: int) -> int:
    """The process, also of a thread."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise OrchestratorError(
            f"there is no process {pid}", "pgrep -f NAME lists processes by their command line"
        ) from None
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if fields.get("State", "").startswith("Z"):
        raise OrchestratorError(f"process {pid} has ended", "name processes that run")
    return int(fields.get("Tgid", pid))


def _sockets_of(pid: int) -> set[int]:
    try:
        os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208
    except PermissionError:
        owner = holding.user(pid) or "somebody else"
        raise OrchestratorError(
            f"the sockets of process {pid} can't be seen: it belongs to {owner}",
            f"run this as {owner}, or as root",
        ) from None
    except OSError:
        raise OrchestratorError(f"process {pid} has ended", "name processes that run") from None
    return holding.socket_inodes(pid)


def _namespace(pid: int) -> int:
    """The network namespace of a process; 0 for that of this one, and where it can't be seen."""
    try:
        number = Path(f"/proc/{pid}/ns/net").stat().st_ino
        return 0 if number == Path("/proc/self/ns/net").stat().st_ino else number
    except OSError:
        return 0


class _Process:
    """One process while it is looked at. `inodes`: the sockets of each process that was asked for."""

    def __init__(self, pid: int, inodes: Mapping[int, set[int]], table: SocketTable) -> None:
        self._pid = pid
        self._own = inodes[pid]
        self._asked_for = set[int]().union(*inodes.values())
        self._table = table

    def seen(self) -> Seen:
        listening = [(inode, place) for inode, place in self._table.listening if inode in self._own]
        return Seen(
            pid=self._pid,
            argv=_words(self._pid),
            title=holding.command(self._pid),
            program=link(self._pid, "exe"),
            cwd=directory(self._pid),
            listening=tuple(
                Listener(place, self._strangers(place)) for _, place in sorted(listening, key=_by_place)
            ),
            outgoing=tuple(self._outgoing()),
        )

    def _strangers(self, place: Place) -> tuple[str, ...]:
        """Who is connected there without being asked for: processes, or hosts."""
        if place.path:
            ours = [one for one in self._table.by_unix.values() if one.connected and one.path]
            peers = [one.peer for one in ours if self._table.place_of(one.path) == place]
            return self._named({peer: "" for peer in peers if peer})
        ends: dict[int, str] = {}
        far: list[str] = []
        by_ends = self._table.by_ends
        for one in self._table.by_tcp.values():
            if not one.established or not reaches(self._table.place(one.host, one.port), place):
                continue
            other = by_ends.get((one.peer_host, one.peer_port, one.host, one.port))
            if other is None:
                far.append(one.peer_host)
            else:
                ends[other.inode] = ""
        return (*self._named(ends), *dict.fromkeys(far))

    def _named(self, inodes: Mapping[int, str]) -> tuple[str, ...]:
        others = [inode for inode in inodes if inode not in self._asked_for]
        owners = self._table.owners(others)
        return tuple(dict.fromkeys(owners.get(inode, "a process of another user") for inode in others))

    def _outgoing(self) -> list[Outgoing]:
        places = Counter(self._tcp_targets())
        places.update(self._unix_targets())
        return [Outgoing(place, count, self._owner(place)) for place, count in sorted(places.items())]

    def _tcp_targets(self) -> Iterable[Place]:
        for inode, one in self._table.by_tcp.items():
            if inode in self._own and one.established and not self._table.was_accepted(one):
                yield self._table.place(one.peer_host, one.peer_port)

    def _unix_targets(self) -> Iterable[Place]:
        for inode, one in self._table.by_unix.items():
            if inode in self._own and one.connected and not one.path and one.peer is not None:
                other = self._table.by_unix.get(one.peer)
                if other is not None and other.path:
                    yield self._table.place_of(other.path)

    def _owner(self, place: Place) -> str:
        """Who listens there, where it is none of those that were asked for."""
        found = [inode for inode, there in self._table.listening if reaches(place, there)]
        if not found or any(inode in self._asked_for for inode in found):
            return ""
        owners = self._table.owners(found)
        return next((owners[inode] for inode in found if inode in owners), "")


def _by_place(pair: tuple[int, Place]) -> Place:
    return pair[1]


def _words(pid: int) -> tuple[str, ...]:
    """The command line; nothing for a thread of the kernel, and where a title stands in its place."""
    try:
        data = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    words = data.rstrip(b"\0").decode("utf-8", "replace").split("\0")
    is_title = len(words) == 1 and (" " in words[0] or words[0].endswith(":")) and not Path(words[0]).exists()
    return () if is_title or words == [""] else tuple(words)
