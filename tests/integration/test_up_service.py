"""`up` under a service manager: a socket of the test's own hears what systemd would."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from up_support import CLI, PATIENCE_S, Up, until

pytestmark = pytest.mark.integration

PAIR = """
version: 1
name: service
nodes:
  a: {command: [sh, -c, "env; trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"], ready: {log: up}}
  b: {run: "app:idle", sockets: {i: {type: PULL, bind: auto}}}
"""
APP = """
import os
print("python sees", sorted(n for n in os.environ if n.startswith(("NOTIFY", "WATCHDOG"))))
def idle(message): return None
"""


class Manager:
    """The end of the protocol that systemd has."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[tuple[float, str]] = []
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind("\0" + address[1:] if address.startswith("@") else address)

    def hear(self) -> None:
        """Take in what has come by now."""
        while True:
            try:
                data = self._sock.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            self.heard += [(time.monotonic(), line) for line in data.decode().split("\n")]

    @property
    def lines(self) -> list[str]:
        self.hear()
        return [line for _, line in self.heard]

    def wait(self, pattern: str) -> str:
        """Until such a line has come."""
        found = lambda: next((line for line in self.lines if re.fullmatch(pattern, line)), None)  # noqa: E731
        until(lambda: found() is not None, what=lambda: f"never heard {pattern}; heard {self.lines}")
        line = found()
        assert line is not None
        return line

    def close(self) -> None:
        self._sock.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    name = f"orchestrator-test-{os.getpid()}-{os.urandom(4).hex()}"
    made = Manager(f"@{name}" if request.param == "abstract" else f"/tmp/{name}")
    try:
        yield made
    finally:
        made.close()
        if request.param == "path":
            Path(made.address).unlink()


def test_ready_status_and_stopping(start_up, manager: Manager) -> None:
    up: Up = start_up(PAIR, env={"NOTIFY_SOCKET": manager.address}, app=APP)
    manager.wait("READY=1")
    up.wait_ready()
    manager.wait("STATUS=2 of 2 ready")
    assert up.stop(signal.SIGTERM) == 0
    manager.wait("STATUS=ended: SIGTERM")
    lines = manager.lines
    assert lines.count("READY=1") == lines.count("STOPPING=1") == 1
    assert lines.index("READY=1") < lines.index("STOPPING=1")
    assert "EXTEND_TIMEOUT_USEC=30000000" in lines[: lines.index("READY=1")]
    assert not any(line.startswith(("WATCHDOG=", "MAINPID=")) for line in lines)


def test_nodes_do_not_inherit_the_socket(start_up, manager: Manager) -> None:
    env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "60000000"}
    up: Up = start_up(PAIR, env=env, app=APP)
    up.wait_ready()
    up.stop()
    assert "python sees []" in up.lines("b")
    assert any(line.startswith("PATH=") for line in up.lines("a"))
    assert not any(line.startswith(("NOTIFY_SOCKET", "WATCHDOG")) for line in up.lines("a"))


def test_a_restart_is_in_the_status(start_up, manager: Manager) -> None:
    up: Up = start_up(
        """
version: 1
name: service
nodes:
  a: {command: [sleep, "1000"], restart: {backoff: {initial: 1s}}}
""",
        env={"NOTIFY_SOCKET": manager.address},
    )
    pid = up.wait_state("a", "ready")["pid"]
    manager.wait("READY=1")
    os.kill(pid, signal.SIGKILL)
    manager.wait("STATUS=not ready: 0 of 1 ready; a is backoff: killed by SIGKILL.*")
    manager.wait("STATUS=1 of 1 ready")
    up.stop()
    assert manager.lines.count("READY=1") == 1


def test_a_failure_to_start_is_never_ready(start_up, manager: Manager) -> None:
    up: Up = start_up(
        "version: 1\nname: service\nnodes: {a: {command: ['false'], restart: never}}\n",
        env={"NOTIFY_SOCKET": manager.address},
    )
    assert up.finish() == 1
    manager.wait("STATUS=failed: .*")
    assert "STOPPING=1" in manager.lines
    assert "READY=1" not in manager.lines


def test_the_watchdog_is_fed_while_the_loop_turns_and_not_while_it_hangs(start_up, manager: Manager) -> None:
    up: Up = start_up(PAIR, env={"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000"}, app=APP)
    up.wait_ready()
    fed = lambda: manager.lines.count("WATCHDOG=1")  # noqa: E731
    before = fed()
    until(lambda: fed() >= before + 5, what=lambda: "the watchdog was not fed")
    beats = [at for at, line in manager.heard if line == "WATCHDOG=1"]
    assert len(beats) >= 5
    up.send(signal.SIGSTOP)
    until(lambda: is_stopped(up.process.pid), what=lambda: "it was not stopped")
    until(lambda: stays(fed, for_s=0.5), what=lambda: "the watchdog was fed by nobody")
    hung = fed()
    up.send(signal.SIGCONT)
    until(lambda: fed() > hung, what=lambda: "the watchdog was not fed again")
    up.stop()


def stays(number: Callable[[], int], *, for_s: float) -> bool:
    before = number()
    time.sleep(for_s)
    return number() == before


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_a_manager_that_is_gone_is_no_trouble(start_up) -> None:
    up: Up = start_up(PAIR, env={"NOTIFY_SOCKET": "/no/such/socket", "WATCHDOG_USEC": "100000"}, app=APP)
    up.wait_ready()
    assert up.stop() == 0


def test_in_the_background_the_supervisor_names_itself(manager: Manager, tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    name = f"service-{os.urandom(4).hex()}"
    file.write_text(f"version: 1\nname: {name}\nnodes: {{a: {{command: [sleep, '1000']}}}}\n")
    env = {**os.environ, "NOTIFY_SOCKET": manager.address}
    started = subprocess.run(
        [*CLI, "up", "-d", str(file)], env=env, capture_output=True, text=True, timeout=PATIENCE_S
    )
    try:
        assert started.returncode == 0, started.stderr
        pid = int(manager.wait("MAINPID=[0-9]+").partition("=")[2])
        assert b"orchestrator\0up\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert "READY=1" in manager.lines
    finally:
        down = subprocess.run(
            [*CLI, "down", str(file)], env=env, capture_output=True, text=True, timeout=PATIENCE_S
        )
    assert down.returncode == 0, down.stderr
    until(lambda: not Path(f"/proc/{pid}").exists(), what=lambda: f"{pid} is left")
    manager.wait("STOPPING=1")
