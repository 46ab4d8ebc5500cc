"""`orchestrator import` with real processes: what it sees, what it asks, what the result is good for."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.app.check import check_file
from orchestrator.importing.observed import Place
from orchestrator.importing.probe import probe
from orchestrator.importing.processes import observe

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at on Linux"),
]

BINDER = """
import sys
import zmq

context = zmq.Context()
results = context.socket(zmq.PULL)
results.bind("tcp://127.0.0.1:*")
service = context.socket(zmq.ROUTER)
service.routing_id = b"desk"
service.bind("ipc://service.ipc")
jobs = context.socket(zmq.PUSH)
jobs.bind("ipc://@" + sys.argv[1])
print(results.last_endpoint.decode(), flush=True)
for number in range(200):
    jobs.send(b"%d" % number)
    results.recv()
print("done", flush=True)
sys.stdin.read()
"""
CONNECTOR = """
import sys
import zmq

context = zmq.Context()
results = context.socket(zmq.PUSH)
results.connect(sys.argv[2])
service = context.socket(zmq.DEALER)
service.connect("ipc://service.ipc")
jobs = context.socket(zmq.PULL)
jobs.connect("ipc://@" + sys.argv[1])
print("ready", flush=True)
number = 0
for line in sys.stdin:
    for _ in range(int(line)):
        assert jobs.recv() == b"%d" % number, number
        results.send(b"")
        number += 1
    print("all", flush=True)
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def started(name: str, text: str, *words: str) -> subprocess.Popen[str]:
        (tmp_path / name).write_text(text)
        process = subprocess.Popen(
            [sys.executable, name, *words],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    try:
        yield started
    finally:
        for process in running:
            process.kill()
            process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def imported(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "import", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_two_processes_become_a_topology_and_lose_no_message_to_it(start: Start, tmp_path: Path) -> None:
    word = f"import-{tmp_path.name}-jobs"
    binder = start("binder.py", BINDER, word)
    address = line_of(binder)
    connector = start("connector.py", CONNECTOR, word, address)
    assert line_of(connector) == "ready"
    assert connector.stdin is not None
    connector.stdin.write("1\n")
    connector.stdin.flush()
    assert line_of(connector) == "all"  # connected both ways

    pids = [str(process.pid) for process in (binder, connector)]
    silent = imported(tmp_path, "--from-pids", *pids)
    assert "6 places to be filled in" in silent.stderr
    asked = imported(tmp_path, "--from-pids", *pids, "--probe", "-o", "topology.yaml")
    assert asked.stdout == ""

    text = (tmp_path / "topology.yaml").read_text()
    found = check_file(str(tmp_path / "topology.yaml"), environ={})
    assert found.topology is None  # what speaks with a ROUTER can be several
    assert [f.message for f in found.findings if str(f.severity) == "error"] == [
        "`type` of the socket `connector.to-binder-service-ipc` has no value"
    ]
    assert "# FILL IN: the type, one of DEALER, REQ, ROUTER" in text
    filled = text.replace("        type:\n", "        type: DEALER\n").replace(sys.executable, "python3")
    found = check_file(str(tmp_path / "filled.yaml"), text=filled, environ={})
    assert found.topology is not None, [f.message for f in found.findings]
    sockets = found.topology.nodes["binder"].sockets
    assert {socket.type: socket.binds[0].text for socket in sockets.values()} == {
        "PULL": address,
        "ROUTER": f"ipc://{tmp_path}/service.ipc",
        "PUSH": f"ipc://@{word}",
    }
    assert len(found.topology.nodes["connector"].sockets) == 3

    connector.stdin.write("199\n")
    connector.stdin.flush()
    assert line_of(connector) == "all"
    assert line_of(binder) == "done"


def test_who_else_is_connected_is_named(start: Start, tmp_path: Path) -> None:
    word = f"import-{tmp_path.name}-who"
    binder = start("binder.py", BINDER, word)
    address = line_of(binder)
    connector = start("connector.py", CONNECTOR, word, address)
    assert line_of(connector) == "ready"
    assert connector.stdin is not None
    connector.stdin.write("1\n")
    connector.stdin.flush()
    assert line_of(connector) == "all"
    (alone,) = observe([binder.pid])
    assert len(alone.listening) == 3
    for listener in alone.listening:
        assert [(listener.place, *text.split(" ")[:2]) for text in listener.strangers] == [
            (listener.place, "process", str(connector.pid))
        ]
    (other,) = observe([connector.pid, connector.pid])
    assert len(other.outgoing) == 3
    assert all(f"process {binder.pid} " in outgoing.owner for outgoing in other.outgoing)


def test_what_is_not_zeromq_gets_not_one_byte() -> None:
    got: list[bytes] = []

    def serve(server: socket.socket, greeting: bytes) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(greeting)
            got.append(connection.recv(100))

    for greeting, says in ((b"SSH-2.0-x\r\n", "it does not speak ZMTP."), (b"", "It said nothing for 0.2 s")):
        with socket.create_server(("127.0.0.1", 0)) as server:
            host, port = server.getsockname()
            thread = threading.Thread(target=serve, args=(server, greeting))
            thread.start()
            place = Place(host, port)
            answer = probe([place], 0.2)[place]
            thread.join()
        assert answer.says.startswith(says)
        assert answer.type is None
    assert got == [b"", b""]
    place = Place("127.0.0.1", port)
    assert probe([place], 0.2)[place].says == "It can't be asked: Connection refused."


def test_a_socket_with_curve_hides_its_type() -> None:
    import zmq

    with zmq.Context() as context, context.socket(zmq.REP) as server:
        server.curve_secretkey = zmq.curve_keypair()[1]
        server.curve_server = True
        port = server.bind_to_random_port("tcp://127.0.0.1")
        place = Place("127.0.0.1", port)
        answer = probe([place])[place]
    assert answer.type is None
    assert answer.is_zmtp
    assert "with CURVE" in answer.says
