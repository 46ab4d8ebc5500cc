"""The foreign programs of docs/examples speak the control protocol as docs/protocol.md tells it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.wire.control import Kind

from .host_support import Supervisor, supervisor, until

pytestmark = [pytest.mark.integration, pytest.mark.real]

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def sup(tmp_path: Path) -> Iterator[Supervisor]:
    with supervisor(tmp_path) as playing:
        yield playing


def environment(sup: Supervisor) -> dict[str, str]:
    return {
        **os.environ,
        "ORCHESTRATOR_CONTROL": sup.address,
        "ORCHESTRATOR_TOKEN": "secret",
        "ORCHESTRATOR_UNIT": "foreign",
        "ORCHESTRATOR_ATTEMPT": "1",
    }


def compiled(tmp_path: Path) -> list[str]:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    program = tmp_path / "heartbeat"
    command = [
        compiler,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-o",
        str(program),
        str(EXAMPLES / "heartbeat.c"),
        "-lzmq",
        "-lpthread",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "zmq.h" in done.stderr or "-lzmq" in done.stderr:
        pytest.skip("libzmq is not installed with its headers")
    assert done.returncode == 0, done.stderr
    return [str(program)]


def scripted(tmp_path: Path) -> list[str]:
    node, modules = shutil.which("node"), os.environ.get("NODE_PATH")
    if node is None or modules is None or not Path(modules, "zeromq").is_dir():
        pytest.skip("no Node.js, or NODE_PATH names no directory with npm's zeromq")
    return [node, str(EXAMPLES / "heartbeat.js")]


@pytest.mark.parametrize(
    ("make", "role"), [(compiled, "heartbeat"), (scripted, "control")], ids=["c", "javascript"]
)
def test_it_says_hello_echoes_and_stops(sup: Supervisor, make: object, role: str) -> None:
    command = make(sup.directory)  # type: ignore[operator]
    with subprocess.Popen(command, env=environment(sup), stdout=subprocess.PIPE, text=True) as program:
        try:
            hello = sup.heard(Kind.HELLO, "foreign")
            assert hello.body == {
                "unit": "foreign",
                "attempt": 1,
                "token": "secret",
                "pid": program.pid,
                "role": role,
            }
            sup.heard(Kind.READY, "foreign")
            sup.connections["foreign", "heartbeat"] = sup.connections["foreign", role]
            for opaque in (b"\x00\x00\x00\x01", b"", b"\xff" * 1000):
                sup.ping("foreign", opaque)
                sup.pong(opaque)
            if role == "control":
                sup.stop("foreign")
            else:
                program.send_signal(signal.SIGTERM)
            until(lambda: program.poll() is not None, "it ends")
            assert program.returncode == 0
            assert program.stdout is not None
            assert program.stdout.read() == "ready\nstopped\n"
        finally:
            program.kill()


def test_without_a_supervisor_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        compiled(tmp_path), env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert (
        done.stderr == "ORCHESTRATOR_UNIT is not set: start this program with orchestrator\n"
        or "ORCHESTRATOR_" in done.stderr
    )
