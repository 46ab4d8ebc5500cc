"""`doctor` beside real sockets and processes: what it finds, whom it names, and that it finds nothing else."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from project_support import Desk
from up_support import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tables are those of Linux"),
]

NODES = '''
import time

def sink(message: bytes) -> None:
    """Takes."""

def source():
    while True:
        time.sleep(0.05)
        yield b"x"
'''
CONNECTS = "import sys, time, zmq; s = zmq.Context().socket(getattr(zmq, sys.argv[1])); s.connect(sys.argv[2]); time.sleep(1e6)"
LISTENS = "import socket, sys, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(1e6)"


def topology(nodes: str) -> str:
    return f"version: 1\nname: wires\ndefaults: {{heartbeat: {{interval: 100ms}}}}\nnodes:\n{nodes}"


@contextmanager
def program(*argv: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen([sys.executable, "-c", *argv], stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.fixture
def wires(desk: Desk) -> Iterator[Desk]:
    (desk.directory / "nodes.py").write_text(NODES)
    yield desk
    desk.run("down", code=None)


def doctor(desk: Desk, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and checks; the two agree."""
    done = desk.run("doctor", *words, "--format", "json", code=None)
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    assert done.returncode == int(any(check["status"] in ("warning", "error") for check in checks)), checks
    return done.returncode, checks


def of(checks: list[dict[str, Any]], *topics: str) -> list[dict[str, Any]]:
    """What concerns the topology; what this machine lacks is not the test's concern."""
    return [check for check in checks if check["topic"] in topics]


def wrong(checks: list[dict[str, Any]], *topics: str) -> list[str]:
    return [check["fact"] for check in of(checks, *topics) if check["status"] in ("warning", "error")]


def test_a_port_that_is_taken_is_named_with_who_has_it(wires: Desk) -> None:
    with program(LISTENS, "squatter") as thief:
        assert thief.stdout is not None
        port = int(thief.stdout.readline())
        wires.write(
            topology(
                f'  sink: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "tcp://127.0.0.1:{port}"}}}}}}\n'
            )
        )
        code, checks = doctor(wires, "topology.yaml")
        (taken,) = wrong(checks, "addresses")
        assert code == 1
        assert [(c["subject"], c["pid"]) for c in of(checks, "addresses")] == [("sink.in", thief.pid)]
        assert taken.startswith(
            f"`sink.in` is to bind tcp://127.0.0.1:{port}, which is taken by process {thief.pid} ("
        )
        assert sys.executable in taken
        assert " of user " in taken
        assert ", since 20" in taken
        assert "1 error" in wires.run("doctor", code=1).stdout  # ./topology.yaml
    _, checks = doctor(wires, "topology.yaml")
    assert [check["fact"] for check in of(checks, "addresses")] == ["1 address to bind is free"]


def test_a_path_where_something_lies(wires: Desk) -> None:
    notes = wires.runtime / "notes"
    notes.write_text("precious")
    left = wires.runtime / "left"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(left))
    wires.write(
        topology(
            f'  a: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "ipc://{notes}"}}}}}}\n'
            f'  b: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "ipc://{left}"}}}}}}\n'
        )
    )
    _, checks = doctor(wires, "-t", "topology.yaml")
    assert [(c["status"], c["fact"].partition(":")[0]) for c in of(checks, "addresses")] == [
        ("error", "`a.in` is to bind ipc"),
        ("note", f"{left} is a socket that nobody listens at"),
        ("ok", "1 address to bind is free"),
    ]
    assert notes.read_text() == "precious"


def test_a_topology_as_it_should_be_then_one_with_a_tap_then_one_that_was_killed(wires: Desk) -> None:
    address = f"ipc://{wires.runtime}/in"
    wires.write(
        topology(
            f'  sink: {{run: nodes:sink, sockets: {{in: {{type: PULL, bind: "{address}"}}}}}}\n'
            "  source: {run: nodes:source, replicas: 2, sockets: {out: {type: PUSH, connect: sink.in}}}\n"
        )
    )
    wires.run("up", "-d", "topology.yaml")
    _, checks = doctor(wires)  # at once: the links are hardly up
    assert [check["fact"] for check in of(checks, "file", "addresses", "running wires")] == [
        "topology.yaml is fine",
        "1 address is bound by wires, which runs",
        "all 3 processes are ready or have ended well",
        "all 2 links are up",
    ]
    assert of(doctor(wires, "wires")[1], "running wires") == of(checks, "running wires")

    with program(CONNECTS, "PUSH", address) as tap:
        found: list[str] = []

        def seen() -> bool:
            found[:] = wrong(doctor(wires, "wires")[1], "running wires")
            return bool(found)

        until(seen, what=lambda: "the tap was never seen")
        assert len(found) == 1
        assert found[0].startswith(f"pid {tap.pid} (")
        assert found[0].endswith(f"is connected to sink.in ({address}), and no link declares it")

    supervisor = wires.status()["pid"]
    os.kill(supervisor, signal.SIGSTOP)
    until(lambda: wrong(doctor(wires, "wires")[1], "running wires"), what=lambda: "the halted supervisor")
    assert wrong(doctor(wires, "wires")[1], "running wires")[0].startswith(
        f"its supervisor (process {supervisor}) is halted"
    )
    os.kill(supervisor, signal.SIGKILL)
    left = "the supervisor of wires (process"  # what others have left is no affair of this test
    until(lambda: left in wires.run("doctor", code=None).stdout, what=lambda: "the left-overs")
    wires.run("up", "-d", "topology.yaml")
    assert left not in wires.run("doctor", code=None).stdout


def test_a_program_that_opens_another_type_than_the_file_says(wires: Desk) -> None:
    wires.write(
        topology(
            "  sink: {run: nodes:sink, sockets: {in: {type: PULL, bind: auto}}}\n"
            f'  program: {{command: [{sys.executable}, -c, "{CONNECTS}", SUB, "${{{{ sockets.out.address }}}}"], '
            "sockets: {out: {type: PUSH, connect: sink.in}}}\n"
        )
    )
    wires.run("up", "-d", "topology.yaml")
    found: list[dict[str, Any]] = []

    def failing() -> bool:
        found[:] = [c for c in of(doctor(wires, "wires")[1], "running wires") if c["status"] == "error"]
        return bool(found)

    until(failing, what=lambda: str(found))
    (check,) = found
    assert check["fact"].startswith("program.out -> sink.in is failing: ")
    assert "socket types may not" in check["fact"]
    assert "restart `program`" in check["remedy"]
    shown = wires.run("doctor", "wires", code=1).stdout
    assert "  error    program.out -> sink.in is failing: " in shown, shown
