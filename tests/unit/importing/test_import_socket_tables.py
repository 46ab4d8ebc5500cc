"""The kernel's tables as places."""

from __future__ import annotations

import os
from pathlib import Path

from orchestrator.importing.observed import Place
from orchestrator.importing.socket_tables import SocketTable
from orchestrator.kernel.tcp import TcpSocket
from orchestrator.kernel.unix import UnixSocket


def listener(host: str, port: int, inode: int) -> TcpSocket:
    return TcpSocket(host, port, "0.0.0.0", 0, True, False, inode, 0)


def connection(host: str, port: int, peer_port: int, inode: int) -> TcpSocket:
    return TcpSocket(host, port, "127.0.0.1", peer_port, False, True, inode, 0)


def table(
    *tcp: TcpSocket, unix: tuple[UnixSocket, ...] = (), held: dict[int, set[int]] | None = None
) -> SocketTable:
    return SocketTable(0, tcp, unix, held or {})


def test_connections_that_came_in_are_told_from_those_that_went_out() -> None:
    found = table(listener("0.0.0.0", 80, 1), listener("127.0.0.1", 81, 2), listener("::", 82, 3))
    assert found.was_accepted(connection("10.0.0.1", 80, 5, 10))
    assert found.was_accepted(connection("127.0.0.1", 81, 5, 10))
    assert found.was_accepted(connection("127.0.0.1", 82, 5, 10))
    assert not found.was_accepted(connection("10.0.0.1", 81, 5, 10))
    assert not found.was_accepted(connection("127.0.0.1", 83, 5, 10))


def test_sockets_that_nobody_holds_any_more_are_left_out() -> None:
    assert table(connection("127.0.0.1", 80, 5, 0)).by_tcp == {}


def test_a_path_is_meant_from_where_the_listener_runs() -> None:
    unix = (
        UnixSocket("ticks.ipc", 1, True, False),
        UnixSocket("ticks.ipc", 2, False, True, peer=3),
        UnixSocket("", 3, False, True, peer=2),
        UnixSocket("/abs", 4, True, False),
        UnixSocket("@abstract", 5, True, False),
    )
    here = os.getpid()
    found = table(unix=unix, held={here: {1, 4, 5}})
    full = Place(path=f"{Path.cwd()}/ticks.ipc")
    assert [place for _, place in found.listening] == [full, Place(path="/abs"), Place(path="@abstract")]
    assert found.place_of("ticks.ipc") == full
    assert table(unix=unix, held={here: {3}}).place_of("ticks.ipc") == Place(path="ticks.ipc")  # not there


def test_paths_that_are_no_text_can_be_written_all_the_same() -> None:
    unix = (UnixSocket("/a\udcff", 1, True, False),)
    assert [place for _, place in table(unix=unix).listening] == [Place(path="/a?")]


def test_thousands_of_connections_are_looked_through_once() -> None:
    sockets = [listener("127.0.0.1", port, port) for port in range(1000, 2000)]
    sockets += [connection("127.0.0.1", 1000 + n % 1000, 5, 10_000 + n) for n in range(20_000)]
    found = table(*sockets)
    assert all(found.was_accepted(one) for one in found.by_tcp.values() if one.established)
