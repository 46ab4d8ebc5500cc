"""TCP sockets, as /proc/net/tcp and /proc/net/tcp6 list them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_ESTABLISHED: Final = "01"
_LISTEN: Final = "0A"
"""States of include/net/tcp_states.h."""
_MAPPED: Final = bytes(10) + b"\xff\xff"
"""How an IPv6 socket writes an IPv4 address (RFC 4291, 2.5.5.2)."""


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """One TCP socket of this network namespace. Hosts are numbers: `127.0.0.1`, `::1`."""

    host: str
    port: int
    peer_host: str
    peer_port: int
    """0 for one that listens."""
    listens: bool
    established: bool
    inode: int
    """0 once no process holds it any more (TIME_WAIT)."""
    uid: int


def sockets(pid: int | None = None) -> tuple[TcpSocket, ...]:
    """All of them, as the process `pid` sees them (by default this one): containers see their own alone."""
    of = "self" if pid is None else str(pid)
    return tuple(s for name in ("tcp", "tcp6") for s in parse(_lines(f"/proc/{of}/net/{name}")))


def _lines(table: str) -> list[str]:
    try:
        with open(table, encoding="ascii") as file:  # noqa: PTH123 - no pathlib in node processes
            return file.read().splitlines()[1:]
    except OSError:
        return []


def parse(lines: Iterable[str]) -> Iterator[TcpSocket]:
    """The lines of a table, without its head. Lines of another form are passed over."""
    for line in lines:
        fields = line.split()
        try:
            (host, port), (peer_host, peer_port) = _address(fields[1]), _address(fields[2])
            yield TcpSocket(
                host=host,
                port=port,
                peer_host=peer_host,
                peer_port=peer_port,
                listens=fields[3] == _LISTEN,
                established=fields[3] == _ESTABLISHED,
                inode=int(fields[9]),
                uid=int(fields[7]),
            )
        except (IndexError, ValueError, OSError):
            continue


def _address(text: str) -> tuple[str, int]:
    """`0100007F:15B4`: the address in words of four bytes, each in the machine's order, and the port."""
    words, port = text.split(":")
    raw = bytes.fromhex(words)
    if sys.byteorder == "little":
        raw = b"".join(raw[n : n + 4][::-1] for n in range(0, len(raw), 4))
    if len(raw) == 16 and not raw.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET6, raw), int(port, 16)
    return socket.inet_ntoa(raw[-4:]), int(port, 16)
