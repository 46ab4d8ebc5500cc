"""`up` as process 1 of its own process ids, as in a container (unshare(1))."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from up_support import CLI, Up, alive, marked, until

from orchestrator.engines import proctable

pytestmark = pytest.mark.integration

IDLE = """
version: 1
name: contained
nodes:
  a: {command: [sleep, "1000"]}
  b: {command: [sh, -c, "trap 'exit 0' TERM; echo up; while :; do sleep 0.1; done"]}
"""


@cache
def unshare() -> tuple[str, ...] | None:
    """The command that gives its command process id 1; None where that is not allowed."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return None
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = ("unshare", *user, "--pid", "--fork", "--kill-child", "--mount-proc")
    done = subprocess.run([*command, "sh", "-c", "echo $$"], capture_output=True, text=True)
    return command if done.stdout == "1\n" else None


@pytest.fixture
def contained(tmp_path: Path) -> Iterator[Callable[[str], tuple[Up, int]]]:
    """Bring a topology up as process 1: the run, and that process's id as seen from here."""
    command = unshare()
    if command is None:
        pytest.skip("no process ids of their own are allowed here")
    running: list[Up] = []

    def start(text: str) -> tuple[Up, int]:
        file = tmp_path / "topology.yaml"
        file.write_text(text)
        up = Up(file, prefix=command)
        running.append(up)
        until(lambda: len(children(up.process.pid)) == 1, what=lambda: "process 1 never came")
        return up, children(up.process.pid)[0]

    try:
        yield start
        for up in running:
            assert up.process.poll() is not None, "the test did not end its topology"
            up.finish()
            up.prove_clean()
    finally:
        for up in running:
            up.end()


def children(pid: int) -> list[int]:
    return list(proctable.children(pid))


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGHUP, 0)])
def test_a_signal_to_process_1_stops_everything_cleanly(
    contained: Callable[[str], tuple[Up, int]], signum: int, code: int
) -> None:
    up, first = contained(IDLE)
    up.wait_ready()
    os.kill(first, signum)
    assert up.finish() == code
    assert up.states("a")[-1] == up.states("b")[-1] == "stopped"


def test_the_code_of_a_failed_topology(contained: Callable[[str], tuple[Up, int]]) -> None:
    up, _ = contained("version: 1\nname: t\nnodes: {a: {command: ['false'], restart: never}}\n")
    assert up.finish() == 1


def test_orphans_do_not_stay_as_zombies(contained: Callable[[str], tuple[Up, int]]) -> None:
    """What a probe's command leaves behind belongs to nobody but process 1."""
    up, first = contained(
        """
version: 1
name: contained
nodes:
  a:
    command: [sleep, "1000"]
    ready: {exec: [sh, -c, "(sleep 0.3; echo gone >&2) >/dev/null 2>&1 & exit 0"]}
"""
    )
    up.wait_ready()
    until(lambda: len(children(first)) > 1, what=lambda: "there was no orphan")
    until(lambda: len(children(first)) == 1, what=lambda: f"left: {children(first)}")
    os.kill(first, signal.SIGTERM)
    assert up.finish() == 0


def test_a_killed_supervisor_ends_process_1_and_all_else(contained: Callable[[str], tuple[Up, int]]) -> None:
    up, first = contained(IDLE)
    up.wait_ready()
    (supervisor,) = children(first)
    os.kill(supervisor, signal.SIGKILL)
    assert up.finish() == 137
    until(lambda: not marked(up.mark), what=lambda: f"left: {marked(up.mark)}")
    assert not alive(first)
    again, first = contained(IDLE)  # which takes over, and removes, what was left; the ids are the same
    again.wait_ready()
    os.kill(first, signal.SIGTERM)
    assert again.finish() == 0


def test_in_the_background_is_refused(tmp_path: Path) -> None:
    command = unshare()
    if command is None:
        pytest.skip("no process ids of their own are allowed here")
    file = tmp_path / "topology.yaml"
    file.write_text(IDLE)
    done = subprocess.run([*command, *CLI, "up", "-d", str(file)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "-d as process 1 would end the container at once" in done.stderr


def test_a_signal_while_the_file_is_being_checked_is_not_lost(
    contained: Callable[[str], tuple[Up, int]],
) -> None:
    up, first = contained(IDLE)
    until(lambda: len(children(first)) == 1, what=lambda: "it never began")
    os.kill(first, signal.SIGTERM)
    assert up.finish() in (0, 143)


def test_ctrl_c_on_a_terminal_comes_once(tmp_path: Path) -> None:
    """The terminal signals its foreground group; process 1 must not add a second, which would kill."""
    command = unshare()
    if command is None:
        pytest.skip("no process ids of their own are allowed here")
    file = tmp_path / "topology.yaml"
    slow = "trap 'sleep 0.5; echo was asked; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    file.write_text(f'version: 1\nname: t\nnodes:\n  a: {{command: [sh, -c, "{slow}"]}}\n')
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(command[0], [*command, *CLI, "up", str(file), "--log-format", "json"])
    try:
        seen = read_until(fd, b"topology_ready")
        os.write(fd, b"\x03")
        seen += read_until(fd, None)
    finally:
        os.close(fd)
        status = os.waitpid(pid, 0)[1]
    assert b"was asked" in seen
    assert os.waitstatus_to_exitcode(status) == 130


def read_until(fd: int, word: bytes | None) -> bytes:
    """What a terminal shows, up to a word, or to its end."""
    seen = b""
    while word is None or word not in seen:
        try:
            data = os.read(fd, 65536)
        except OSError:  # the last one on the other side has closed it
            data = b""
        if not data:
            assert word is None, seen
            return seen
        seen += data
    return seen
