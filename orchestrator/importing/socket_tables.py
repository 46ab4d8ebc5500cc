"""The sockets of one network namespace as places: who listens where, and who holds what. Linux."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from orchestrator.importing.observed import Place, reaches
from orchestrator.kernel import holding, tcp, unix


class SocketTable:
    """What the kernel lists, by inode; the same inode is found among the descriptors of processes."""

    def __init__(
        self,
        namespace: int,
        tcp_sockets: Iterable[tcp.TcpSocket],
        unix_sockets: Iterable[unix.UnixSocket],
        held: Mapping[int, set[int]],
    ) -> None:
        """`namespace` is 0 for our own. `held`: the sockets of each process that was asked for."""
        self.namespace = namespace
        self.by_tcp = {one.inode: one for one in tcp_sockets if one.inode}
        self.by_unix = {one.inode: one for one in unix_sockets}
        self.by_ends = {(s.host, s.port, s.peer_host, s.peer_port): s for s in self.by_tcp.values()}
        self._full_paths = self._meant(held)
        self.listening: tuple[tuple[int, Place], ...] = (
            *((inode, self.place(one.host, one.port)) for inode, one in self.by_tcp.items() if one.listens),
            *((inode, self.place_of(one.path)) for inode, one in self.by_unix.items() if one.listens),
        )
        self._by_port: dict[int, list[Place]] = {}
        for _, place in self.listening:
            if not place.path:
                self._by_port.setdefault(place.port, []).append(place)
        self._owners: dict[int, str] = {}

    @classmethod
    def read(cls, namespace: int, pid: int, held: Mapping[int, set[int]]) -> SocketTable:
        """As the process `pid` sees it. Unix sockets have peers in our own namespace alone."""
        peers = namespace == 0
        return cls(namespace, tcp.sockets(pid), unix.sockets(peers=peers, pid=pid), held)

    def place(self, host: str, port: int) -> Place:
        """The place of a tcp address."""
        return Place(host, port, namespace=self.namespace)

    def place_of(self, path: str) -> Place:
        """The place of a path as the kernel has it."""
        full = self._full_paths.get(path, path)
        return Place(path=full.encode("utf-8", "replace").decode("utf-8"), namespace=self.namespace)

    def was_accepted(self, one: tcp.TcpSocket) -> bool:
        """Whether somebody listens where this connection ends, so that it came in there."""
        here = self.place(one.host, one.port)
        return any(reaches(here, place) for place in self._by_port.get(one.port, ()))

    def owners(self, inodes: Collection[int]) -> Mapping[int, str]:
        """inode -> which process has it, in words; looked up once for all that are asked for together."""
        asked = [inode for inode in inodes if inode not in self._owners]
        for inode, pids in holding.holders(asked).items() if asked else ():
            self._owners[inode] = f"process {pids[0]} ({holding.command(pids[0], 60)})"
        return self._owners

    def _meant(self, held: Mapping[int, set[int]]) -> Mapping[str, str]:
        """Relative paths as those who listen there meant them, else as those who connect found them."""
        found: dict[str, str] = {}
        for want_listener in (True, False):
            for pid, own in held.items():
                ends = self._relative(own, want_listener=want_listener)
                cwd = directory(pid) if ends else None
                for path in ends if cwd else ():
                    full = os.path.normpath(os.path.join(cwd or "", path))  # noqa: PTH118
                    if want_listener or Path(full).exists():
                        found.setdefault(path, full)
        return found

    def _relative(self, own: Collection[int], *, want_listener: bool) -> list[str]:
        """The relative paths where sockets of one process listen, or to which they are connected."""
        paths = []
        for inode in own:
            one = self.by_unix.get(inode)
            end = one if want_listener or one is None else self.by_unix.get(one.peer or 0)
            if end is not None and end.listens is want_listener and end.path[:1] not in ("/", "@", ""):
                paths.append(end.path)
        return paths


def directory(pid: int) -> str | None:
    """Where a process runs."""
    return link(pid, "cwd")


def link(pid: int, name: str) -> str | None:
    """What /proc/PID/NAME leads to."""
    try:
        return os.readlink(f"/proc/{pid}/{name}").removesuffix(" (deleted)")  # noqa: PTH115
    except OSError:
        return None
