"""Running processes, as /proc shows them: what they are, where they listen, to whom they are connected.

Linux alone has it.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import OrchestratorError, PlatformError
from orchestrator.importing.observed import Listener, Outgoing, Place, Seen, reaches
from orchestrator.kernel import holding, tcp, unix


def observe(pids: Sequence[int]) -> tuple[Seen, ...]:
    """The processes, each once, in this order. Raises OrchestratorError for one that can't be looked at."""
    if not sys.platform.startswith("linux"):
        raise PlatformError("running processes can be looked at on Linux only", "import from a file")
    wanted = tuple(dict.fromkeys(_process_of(pid) for pid in pids))
    inodes = {pid: _sockets_of(pid) for pid in wanted}
    tables: dict[int, _Table] = {}
    for pid in wanted:
        number = _namespace(pid)
        if number not in tables:
            tables[number] = _Table.read(number, pid)
            tables[number].full_paths = _full_paths(tables[number], inodes)
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


@dataclass(slots=True)
class _Table:
    """The sockets of one network namespace, and who holds them."""

    namespace: int
    by_tcp: dict[int, tcp.TcpSocket]
    by_unix: dict[int, unix.UnixSocket]
    full_paths: Mapping[str, str] = field(default_factory=dict)
    """A path relative to where the listening process runs -> the same from the root."""
    _owners: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, namespace: int, pid: int) -> _Table:
        return cls(
            namespace,
            {one.inode: one for one in tcp.sockets(pid) if one.inode},
            {one.inode: one for one in unix.sockets(peers=namespace == 0, pid=pid)},
        )

    def listeners(self) -> Iterable[tuple[int, Place]]:
        for inode, one in self.by_tcp.items():
            if one.listens:
                yield inode, self.place(one.host, one.port)
        for inode, other in self.by_unix.items():
            if other.listens:
                yield inode, self.place_of(other.path)

    def place(self, host: str, port: int) -> Place:
        return Place(host, port, namespace=self.namespace)

    def place_of(self, path: str) -> Place:
        """The place of a path as the kernel has it."""
        return Place(path=self.full_paths.get(path, path), namespace=self.namespace)

    def was_accepted(self, one: tcp.TcpSocket) -> bool:
        """Whether somebody listens where this connection ends, so that it came in there."""
        here = self.place(one.host, one.port)
        return any(reaches(here, place) for _, place in self.listeners())

    def owners(self, inodes: Collection[int]) -> Mapping[int, str]:
        """inode -> which process has it, in words; looked up once for all that are asked for together."""
        asked = [inode for inode in inodes if inode not in self._owners]
        for inode, pids in holding.holders(asked).items():
            self._owners[inode] = f"process {pids[0]} ({holding.command(pids[0], 60)})"
        return self._owners


class _Process:
    """One process while it is looked at. `inodes`: the sockets of each process that was asked for."""

    def __init__(self, pid: int, inodes: Mapping[int, set[int]], table: _Table) -> None:
        self._pid = pid
        self._own = inodes[pid]
        self._asked_for = set[int]().union(*inodes.values())
        self._table = table

    def seen(self) -> Seen:
        listening = [(inode, place) for inode, place in self._table.listeners() if inode in self._own]
        return Seen(
            pid=self._pid,
            argv=_words(self._pid),
            title=holding.command(self._pid),
            program=_link(self._pid, "exe"),
            cwd=_link(self._pid, "cwd"),
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
        by_ends = self._by_ends()
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

    def _by_ends(self) -> Mapping[tuple[str, int, str, int], tcp.TcpSocket]:
        return {(s.host, s.port, s.peer_host, s.peer_port): s for s in self._table.by_tcp.values()}

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
        found = [inode for inode, there in self._table.listeners() if reaches(place, there)]
        if not found or any(inode in self._asked_for for inode in found):
            return ""
        owners = self._table.owners(found)
        return next((owners[inode] for inode in found if inode in owners), "")


def _full_paths(table: _Table, inodes: Mapping[int, set[int]]) -> Mapping[str, str]:
    """Relative paths as the processes that listen there meant them, else as those that connect found them."""
    found: dict[str, str] = {}
    for want_listener in (True, False):
        for pid, own in inodes.items():
            cwd = _link(pid, "cwd") or ""
            for inode in own & table.by_unix.keys():
                one = table.by_unix[inode]
                end = one if want_listener else table.by_unix.get(one.peer or 0)
                if end is None or end.listens is not want_listener or end.path[:1] in ("/", "@", ""):
                    continue
                full = os.path.normpath(os.path.join(cwd, end.path))  # noqa: PTH118
                if end.path not in found and (want_listener or os.path.exists(full)):  # noqa: PTH110
                    found[end.path] = full
    return found


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


def _link(pid: int, name: str) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/{name}").removesuffix(" (deleted)")  # noqa: PTH115
    except OSError:
        return None
