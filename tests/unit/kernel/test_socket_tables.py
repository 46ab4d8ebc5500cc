"""The kernel's lists of sockets, as proc(5) and sock_diag(7) write them."""

from __future__ import annotations

import struct
import sys

import pytest

from orchestrator.kernel import tcp, unix

LITTLE = pytest.mark.skipif(sys.byteorder != "little", reason="the samples are of such a machine")
TCP = [
    "   0: 0100007F:15B4 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0",
    "   1: 0100007F:15B4 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0",
    "   2: 0500000A:0050 0100007F:C350 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0",
]
TCP6 = [
    "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0  0 0 31 1",
    "   1: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000200007F:0400 01 0:0 0:0 0  0 0 32 1",
]


@LITTLE
def test_tcp():
    listens, stands, ends = tcp.parse(TCP)
    assert (listens.host, listens.port, listens.listens, listens.inode, listens.uid) == (
        "127.0.0.1",
        5556,
        True,
        4711,
        1000,
    )
    assert (stands.peer_host, stands.peer_port, stands.established) == ("127.0.0.1", 50000, True)
    assert (ends.host, ends.established, ends.listens, ends.inode) == ("10.0.0.5", False, False, 0)


@LITTLE
def test_tcp6_writes_ipv4_as_such():
    listens, mapped = tcp.parse(TCP6)
    assert (listens.host, listens.port) == ("::1", 8080)
    assert (mapped.host, mapped.peer_host, mapped.peer_port) == ("127.0.0.1", "127.0.0.2", 1024)


@pytest.mark.parametrize("line", ["", "x", "0: ZZ:1 00:2 01 a b c 0 0 1", "0: 0100:1 0100:2 01"])
def test_lines_of_another_form_are_passed_over(line):
    assert list(tcp.parse([line])) == []
    assert list(unix.parse([line])) == []


def test_unix():
    lines = [
        "ffff: 00000002 00000000 00010000 0001 01 9001 /run/a b.sock",
        "ffff: 00000003 00000000 00000000 0001 03 9002 /run/a b.sock",
        "ffff: 00000003 00000000 00000000 0001 03 9003",
        "ffff: 00000002 00000000 00010000 0001 01 9004 @abstract",
        "",
    ]
    listens, accepted, connecting, abstract = unix.parse(lines)
    assert (listens.path, listens.listens, listens.connected) == ("/run/a b.sock", True, False)
    assert (accepted.path, accepted.listens, accepted.connected) == ("/run/a b.sock", False, True)
    assert (connecting.path, connecting.inode, connecting.peer) == ("", 9003, None)
    assert abstract.path == "@abstract"


def _answer(kind: int, inode: int, *attributes: tuple[int, bytes]) -> bytes:
    body = struct.pack("=BBBBIII", 1, 1, 1, 0, inode, 0, 0)
    for attribute, value in attributes:
        data = struct.pack("=HH", 4 + len(value), attribute) + value
        body += data + bytes(-len(data) % 4)
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body


def test_peers_among_the_attributes():
    found: dict[int, int] = {}
    name, peer = (0, b"/run/x"), (2, struct.pack("=I", 77))
    data = _answer(20, 5, name, peer) + _answer(20, 6, name) + _answer(20, 7, peer)
    assert unix._read_answer(data, found)
    assert found == {5: 77, 7: 77}
    assert not unix._read_answer(_answer(3, 0), found)


@pytest.mark.parametrize("data", [b"", b"\1", bytes(16), struct.pack("=IHHII", 8, 20, 0, 0, 0)])
def test_a_broken_answer_ends_it(data):
    assert not unix._read_answer(data, {}) or len(data) < 16
