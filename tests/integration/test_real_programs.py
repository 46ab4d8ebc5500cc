"""Programs that nobody here wrote, unchanged: validated, drawn, brought up, killed in mid-run, brought down."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from up_support import CLI

pytestmark = [pytest.mark.integration, pytest.mark.real, pytest.mark.timeout(300)]

HERE = Path(__file__).parent / "real"


def _needs_module(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed")


def _check_and_draw(file: Path, tmp_path: Path, env: dict[str, str]) -> None:
    """`validate` accepts the topology, `render` draws all of its nodes."""
    environ = {**os.environ, **env}
    done = subprocess.run(
        [*CLI, "validate", str(file)], capture_output=True, text=True, env=environ, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stdout
    picture = tmp_path / "picture.dot"
    done = subprocess.run(
        [*CLI, "render", str(file), "-o", str(picture)],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    nodes = re.findall(r"^  (\w+):$", file.read_text().partition("\nnodes:")[2], re.M)
    assert nodes
    assert all(node in picture.read_text() for node in nodes)


@_needs_module("ipykernel")
def test_a_jupyter_kernel_and_its_client(start_up, tmp_path):
    env = {"PYTHON": sys.executable}
    file = HERE / "jupyter" / "kernel.yaml"
    _check_and_draw(file, tmp_path, env)
    up = start_up(file=file, env=env)
    pid = up.wait_state("kernel", "ready")["pid"]
    up.wait_line("client", "forty two 42")
    up.wait_state("client", "exited")
    os.kill(pid, signal.SIGKILL)
    up.wait_state("kernel", "backoff")
    again = up.wait_state("kernel", "ready")
    assert again["pid"] != pid
    run_dir = next(e for e in up.seen if e["event"] == "topology_starting")["run_dir"]
    client = [
        sys.executable,
        "-m",
        "jupyter_client.runapp",
        "--existing",
        f"{run_dir}/kernel.json",
        "script.py",
    ]
    done = subprocess.run(client, cwd=file.parent, capture_output=True, text=True, timeout=60)
    assert "forty two 42" in done.stdout, done.stderr
    assert up.stop() == 0


@_needs_module("locust")
def test_a_locust_run_with_two_workers(start_up, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        env = {"PYTHON": sys.executable, "WEB_PORT": str(free.getsockname()[1])}
    file = HERE / "locust" / "load.yaml"
    _check_and_draw(file, tmp_path, env)
    up = start_up(file=file, env=env)
    up.wait_state("master", "exited")
    report = [line for line in up.lines("master") if re.search(r"Aggregated +\d+ +0\(0\.00%\)", line)]
    assert report, up.story()
    for worker in ("worker-0", "worker-1"):
        if "exited" not in up.states(worker):
            up.wait_state(worker, "exited")
    assert up.stop() == 0


@pytest.fixture(scope="module")
def c_worker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C worker, compiled against libzmq."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    built = tmp_path_factory.mktemp("built") / "worker"
    command = [compiler, "-O1", "-o", str(built), str(HERE / "c_worker" / "worker.c"), "-lzmq"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode != 0 and "zmq.h" in done.stderr:
        pytest.skip("no libzmq headers")
    assert done.returncode == 0, done.stderr
    return built


def test_a_c_worker_between_python_nodes(start_up, tmp_path, c_worker):
    env = {"C_WORKER": str(c_worker)}
    file = HERE / "c_worker" / "pipeline.yaml"
    _check_and_draw(file, tmp_path, env)
    up = start_up(file=file, env=env)
    up.wait_ready()
    up.wait_line("sink", "got")
    up.wait_line("worker-1", "doubled")  # printf into a pipe would have kept it
    pid = next(e["pid"] for e in up.seen if e.get("unit") == "worker-1" and e.get("state") == "ready")
    os.kill(pid, signal.SIGKILL)
    assert "SIGKILL" in up.wait_state("worker-1", "backoff")["reason"]
    up.wait_state("worker-1", "ready", attempt=2)
    up.wait_for(event="output", unit="worker-1", attempt=2, text=lambda t: "doubled" in t)
    assert up.stop() == 0


@pytest.fixture(scope="module")
def node_path() -> str:
    """Where npm's `zeromq` is: NODE_PATH if it is set, as `.ci/run` does."""
    if shutil.which("node") is None:
        pytest.skip("no Node.js")
    path = os.environ.get("NODE_PATH", "")
    found = subprocess.run(["node", "-e", "require('zeromq')"], capture_output=True, timeout=60)
    if found.returncode != 0:
        pytest.skip("npm's zeromq is not installed (NODE_PATH)")
    return path


def test_a_nodejs_subscriber_of_a_python_publisher(start_up, tmp_path, node_path):
    env = {"NODE_PATH": node_path}
    file = HERE / "node_sub" / "weather.yaml"
    _check_and_draw(file, tmp_path, env)
    up = start_up(file=file, env=env)
    up.wait_ready()
    assert re.fullmatch(r"outside: \d+ C", up.wait_line("display", "outside:")["text"])
    pid = next(e["pid"] for e in up.seen if e.get("unit") == "station" and e.get("state") == "ready")
    os.kill(pid, signal.SIGKILL)
    up.wait_state("station", "ready", attempt=2)
    up.wait_line("display", "outside:")  # the subscriber was not restarted: ZeroMQ reconnects
    assert up.states("display").count("running") <= 1
    assert up.stop() == 0
    assert not any("inside" in line for line in up.lines("display"))
