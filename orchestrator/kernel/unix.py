"""Unix stream sockets: their paths from /proc/net/unix, who is connected to whom from sock_diag(7)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

_LISTENS: Final = 0x10000
"""__SO_ACCEPTCON of include/linux/net.h, among the flags of a line."""
_CONNECTED: Final = "03"
"""SS_CONNECTED of include/uapi/linux/net.h."""

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x301
_DONE: Final = (2, 3)
"""NLMSG_ERROR, NLMSG_DONE."""
_SHOW_PEER: Final = 4
_PEER: Final = 2
"""UDIAG_SHOW_PEER and UNIX_DIAG_PEER of include/uapi/linux/unix_diag.h."""


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """One unix socket of this network namespace."""

    path: str
    """As it was bound; `@name` for an abstract one, empty for the connecting end. An accepted one has its
    listener's."""
    inode: int
    listens: bool
    connected: bool
    peer: int | None = None
    """The inode at the other end; None where the kernel does not tell."""


def sockets(*, peers: bool = False, pid: int | None = None) -> tuple[UnixSocket, ...]:
    """All of them, as the process `pid` sees them (by default this one); with `peers`, who is connected to
    whom, which can be had of this process's own namespace alone."""
    of = "self" if pid is None else str(pid)
    try:
        with open(f"/proc/{of}/net/unix", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123
            found = tuple(parse(file.read().split("\n")[1:]))
    except OSError:
        return ()
    known = peer_inodes() if peers and found else {}
    return tuple(replace(s, peer=known[s.inode]) if s.inode in known else s for s in found)


def parse(lines: Iterable[str]) -> Iterator[UnixSocket]:
    """The lines of /proc/net/unix, without its head. Lines of another form are passed over."""
    for line in lines:
        fields = line.split(maxsplit=7)
        try:
            yield UnixSocket(
                path=fields[7] if len(fields) > 7 else "",
                inode=int(fields[6]),
                listens=bool(int(fields[3], 16) & _LISTENS),
                connected=fields[5] == _CONNECTED,
            )
        except (IndexError, ValueError):
            continue


def peer_inodes() -> Mapping[int, int]:
    """inode -> the inode at the other end, for connected sockets. Empty where the kernel gives no answer."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return {}
    found: dict[int, int] = {}
    try:
        with socket.socket(family, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as link:
            link.settimeout(1.0)
            link.sendto(_request(), (0, 0))
            while _read_answer(link.recv(1 << 16), found):
                pass
    except OSError:  # no such protocol in this kernel or sandbox
        return {}
    return found


def _request() -> bytes:
    """struct unix_diag_req behind a struct nlmsghdr: every unix socket, with its peer."""
    body = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_PEER, 0xFFFFFFFF, 0xFFFFFFFF)
    head = struct.pack("=IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
    return head + body


def _read_answer(data: bytes, found: dict[int, int]) -> bool:
    """Take the sockets of one datagram in; whether there is more to come."""
    at = 0
    while at + 16 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        if kind in _DONE or length < 16:
            return False
        if length >= 32:
            (inode,) = struct.unpack_from("=I", data, at + 20)
            peer = _peer_of(data[at + 32 : at + length])
            if peer:
                found[inode] = peer
        at += (length + 3) & ~3
    return bool(data)


def _peer_of(attributes: bytes) -> int | None:
    """UNIX_DIAG_PEER among the struct rtattr that follow a struct unix_diag_msg."""
    at = 0
    while at + 4 <= len(attributes):
        length, kind = struct.unpack_from("=HH", attributes, at)
        if kind == _PEER and length >= 8:
            return int(struct.unpack_from("=I", attributes, at + 4)[0])
        at += (max(length, 4) + 3) & ~3
    return None
