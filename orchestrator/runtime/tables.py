"""The kernel's word about the addresses of a topology: who listens, who is connected. Reads /proc; blocks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.engines import proctable
from orchestrator.kernel import holding, tcp, unix
from orchestrator.supervision.links.types import Process, Tables

_ANY: Final = frozenset({"0.0.0.0", "::"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    addresses: frozenset[str]
    pids: Mapping[str, int]
    """unit -> its main process."""


def read_tables(wanted: Wanted) -> Tables | None:
    """Listeners and connections of all addresses; None where the kernel has no such tables (not Linux)."""
    tcp_sockets, unix_sockets = tcp.sockets(), unix.sockets(peers=True)
    if not tcp_sockets and not unix_sockets:
        return None
    looks = {
        address: _tcp(address, tcp_sockets) if address.startswith("tcp://") else _unix(address, unix_sockets)
        for address in wanted.addresses
        if address.startswith(("tcp://", "ipc://"))
    }
    inodes = {inode for look in looks.values() for inode in (*look.listening, *look.connected)}
    owners = _Owners(wanted, inodes)
    return Tables(
        listeners={address: owners.all(look.listening) for address, look in looks.items()},
        connections={address: (*owners.all(look.connected), *look.remote) for address, look in looks.items()},
        blind=frozenset(address for address, look in looks.items() if look.blind),
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What the tables say of one address. inode -> the user it belongs to, where that is told."""

    listening: Mapping[int, int | None]
    connected: Mapping[int, int | None]
    """The connecting ends on this machine."""
    remote: tuple[Process, ...] = ()
    """Those on other machines."""
    blind: bool = False


def _tcp(address: str, sockets: Iterable[tcp.TcpSocket]) -> _Look:
    host, _, port_text = address.removeprefix("tcp://").rpartition(";")[2].rpartition(":")
    if not port_text.isdigit():
        return _Look({}, {}, blind=True)
    port, hosts = int(port_text), _hosts(host.strip("[]"))
    listening, connected, arrived = {}, {}, dict[tuple[str, int], str]()
    for s in sockets:
        if s.listens:
            if s.port == port and (not hosts or s.host in hosts | _ANY):
                listening[s.inode] = s.uid
        elif s.established and s.peer_port == port and (not hosts or s.peer_host in hosts):
            connected[s.inode] = s.uid
        if s.established and s.port == port and (not hosts or s.host in hosts):
            arrived[s.peer_host, s.peer_port] = s.host
    here = {(s.host, s.port) for s in sockets if s.established}
    remote = tuple(
        Process(pid=None, unit=None, text=f"{there}:{their_port}")
        for there, their_port in arrived
        if (there, their_port) not in here
    )
    return _Look(listening, connected, remote)


def _hosts(host: str) -> frozenset[str]:
    """The numbers that a host of an address means; empty for a name, which only its port is known of."""
    if host == "localhost":
        return frozenset({"127.0.0.1", "::1"})
    return frozenset({host}) if ":" in host or host.replace(".", "").isdigit() else frozenset()


def _unix(address: str, sockets: Iterable[unix.UnixSocket]) -> _Look:
    path = address.removeprefix("ipc://")
    there = [s for s in sockets if s.path == path]
    accepted = [s for s in there if s.connected and not s.listens]
    return _Look(
        {s.inode: None for s in there if s.listens},
        {s.peer: None for s in accepted if s.peer is not None},
        blind=any(s.peer is None for s in accepted),
    )


class _Owners:
    """Who holds sockets: looks among the units first, and among all processes only for what is left."""

    def __init__(self, wanted: Wanted, inodes: set[int]) -> None:
        self._units = _units(wanted.pids)
        self._mark = next((m for m in map(_mark, wanted.pids.values()) if m), None)
        self._names = frozenset(wanted.pids)
        held = dict(holding.holders(inodes, self._units)) if inodes else {}
        left = inodes - held.keys() - {0}
        if left:
            held.update(holding.holders(left, set(holding.pids()) - self._units.keys()))
        self._held = held
        self._known: dict[int, Process] = {}

    def all(self, inodes: Mapping[int, int | None]) -> tuple[Process, ...]:
        """Each holder once; without this process and its helpers, who probe."""
        found: dict[Process, None] = {}
        for inode, uid in inodes.items():
            pids = self._held.get(inode, ())
            if pids:
                ours = [pid for pid in pids if pid in self._units]
                process = self._process(min(ours or pids))
                if process is not None:
                    found[process] = None
            elif uid not in (None, 0) and hasattr(os, "getuid") and uid != os.getuid():
                user = holding.user_name(uid or 0)
                found[Process(pid=None, unit=None, text=f"a process of {user}", user=user)] = None
        return tuple(found)

    def _process(self, pid: int) -> Process | None:
        if pid not in self._known:
            unit = self._units.get(pid)
            if unit is None:
                if pid == os.getpid():
                    return None
                unit = self._unit_by_mark(pid)
                if unit == "":
                    return None
            self._known[pid] = Process(
                pid=pid, unit=unit, text=f"pid {pid} ({holding.command(pid)})", user=holding.user(pid)
            )
        return self._known[pid]

    def _unit_by_mark(self, pid: int) -> str | None:
        """The unit of a process that left its family; empty for the zygote itself."""
        mark, _, rest = (proctable.mark_of(pid) or "").partition(":")
        if not mark or mark != self._mark:
            return None
        unit = rest.rpartition(":")[0]
        return unit if unit in self._names else ""


def _mark(pid: int) -> str | None:
    return (proctable.mark_of(pid) or "").partition(":")[0] or None


def _units(pids: Mapping[str, int]) -> dict[int, str]:
    """pid -> the unit it belongs to: below its main process, or of its session."""
    table = proctable.scan()
    found = {pid: unit for unit, main in pids.items() for pid in proctable.below(table, {main})}
    sessions = {main: unit for unit, main in pids.items()}
    for proc in table.values():
        unit = sessions.get(proc.session)
        if unit is not None:
            found.setdefault(proc.pid, unit)
    return found
