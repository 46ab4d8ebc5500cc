"""The kernel's tables hold what this process has opened."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.kernel import holding, tcp, unix
from orchestrator.transport.holders import holder_pid, listening_inodes

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="the tables are those of Linux"),
]


def _inode(of: socket.socket) -> int:
    return os.fstat(of.fileno()).st_ino


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_connection_over_tcp(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"no {host} here")
    port = server.getsockname()[1]
    with server, socket.create_connection((host, port)) as client:
        accepted, _ = server.accept()
        found = {s.inode: s for s in tcp.sockets()}
        assert found[_inode(server)].listens
        assert found[_inode(server)].port == port
        mine = found[_inode(client)]
        assert (mine.host, mine.peer_host, mine.peer_port, mine.established) == (host, host, port, True)
        assert holding.holders([_inode(client)])[_inode(client)] == (os.getpid(),)
        assert listening_inodes(f"tcp://*:{port}") == {_inode(server)}
        assert holder_pid(f"tcp://*:{port}") == os.getpid()
        accepted.close()


@pytest.mark.parametrize("abstract", [False, True])
def test_a_connection_over_a_unix_socket(tmp_path: Path, abstract: bool) -> None:
    path = f"\0{tmp_path}" if abstract else str(tmp_path / "a b")
    shown = f"@{tmp_path}" if abstract else path
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        accepted, _ = server.accept()
        found = {s.inode: s for s in unix.sockets(peers=True)}
        assert (found[_inode(server)].path, found[_inode(server)].listens) == (shown, True)
        assert (found[_inode(accepted)].path, found[_inode(accepted)].connected) == (shown, True)
        if not unix.peer_inodes():
            pytest.skip("this kernel does not answer sock_diag(7)")
        assert found[_inode(client)].peer == _inode(accepted)
        assert holder_pid(f"ipc://{shown}") == os.getpid()
        accepted.close()


def test_what_a_process_is() -> None:
    assert "pytest" in holding.command(os.getpid(), 4000)
    assert len(holding.command(os.getpid(), 9)) <= 9


def test_a_python_node_is_named_and_not_what_it_was_forked_from():
    """As its processes look from outside: a command line of another one, and a name of its own."""
    code = "print(open('/proc/self/comm', 'w').write('feed-2'), flush=True); input()"
    words = [sys.executable, "-c", code, "orchestrator.engines.zygote"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
        node.stdout.readline()
        assert holding.command(node.pid) == "feed-2, a node of a topology that runs"
        node.communicate(b"\n")
    assert holding.user(os.getpid()) == holding.user_name(os.getuid())
    assert holding.user(2**22 + 1) is None
    assert holding.socket_inodes(2**22 + 1) == set()
    assert holding.user_name(54321) == "54321"
