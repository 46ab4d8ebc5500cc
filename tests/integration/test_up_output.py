"""`orchestrator up` and its terminal: what is shown, and that nobody who does not read it holds the nodes up."""

from __future__ import annotations

import array
import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from up_support import CLI, PATIENCE_S, alive, marked, until

pytestmark = pytest.mark.integration


@pytest.fixture
def run(tmp_path, request):
    """Start `up` on a topology with a standard output of the test's own; nothing of it may be left."""
    mark = os.urandom(8).hex()
    processes = []

    def start(text: str, *arguments: str, stdout: int, **more) -> subprocess.Popen[bytes]:
        (tmp_path / "topology.yaml").write_text(text)
        process = subprocess.Popen(
            [*CLI, "up", "topology.yaml", *arguments],
            cwd=tmp_path,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, "TEST_MARK": mark},
            **more,
        )
        processes.append(process)
        return process

    try:
        yield start
        until(lambda: not marked(mark), what=lambda: f"left: {marked(mark)}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stderr.close()
        for pid, _ in marked(mark):
            os.kill(pid, signal.SIGKILL)


FLOOD = """
version: 1
name: flood
nodes:
  flood: {command: ["yes", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]}
  node:
    command: [sh, -c, "echo $$ > pid.new; mv pid.new pid; exec sleep infinity"]
    ready: {file: pid}
    restart: {policy: on-failure, backoff: {initial: 10ms}}
"""


LASTING = """
version: 1
name: lasting
nodes:
  node:
    command: [sh, -c, "echo $$ > pid.new; mv pid.new pid; exec sleep infinity"]
    ready: {file: pid}
    restart: {policy: on-failure, backoff: {initial: 10ms}}
"""
MORE_THAN_IS_KEPT = 8 << 20
"""Bytes; the supervisor keeps half of that for a reader who pauses."""


def _pid(tmp_path: Path) -> int:
    return int((tmp_path / "pid").read_text())


def test_a_reader_that_pauses_holds_no_supervision_up_and_learns_what_it_missed(run, tmp_path):
    reading, writing = os.pipe()
    process = run(FLOOD, "--log-format", "json", stdout=writing)
    os.close(writing)
    with open(reading, "rb") as lines:  # noqa: PTH123 - a descriptor
        until(lambda: (tmp_path / "pid").exists(), what=lambda: "never started")
        first = _pid(tmp_path)
        until(lambda: _is_full(lines), what=lambda: "the pipe never filled")
        full = _counted(process.pid, "rchar")
        os.kill(first, signal.SIGKILL)
        until(lambda: _pid(tmp_path) != first, what=lambda: "nobody was replaced while nobody read")
        until(lambda: _read_since(process.pid, full) > MORE_THAN_IS_KEPT, what=lambda: "nothing is left out")
        process.send_signal(signal.SIGTERM)
        events = [json.loads(line) for line in lines]
    assert process.wait(PATIENCE_S) == 0
    remarks = [e["text"] for e in events if e["event"] == "remark"]
    assert any("not shown" in text for text in remarks), remarks
    states = [(e["unit"], e["state"]) for e in events if e["event"] == "state"]
    assert ("node", "backoff") in states, "a change of state was left out"
    assert events[-1]["event"] == "topology_ended"


def _is_full(pipe) -> bool:
    """Whether nothing more has come into a pipe that nobody reads."""
    held = _held(pipe)
    time.sleep(0.2)
    return held > 0 and _held(pipe) == held


def _held(pipe) -> int:
    """Bytes that wait in it, FIONREAD of ioctl_pipe(2)."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def _read_since(pid: int, earlier: int) -> int:
    return _counted(pid, "rchar") - earlier


def _counted(pid: int, field: str) -> int:
    """Bytes that a process has read (`rchar`) or written (`wchar`) so far, proc_pid_io(5)."""
    fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(fields[field])


def test_a_full_disk_takes_the_output_and_not_the_topology(run, tmp_path):
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        process = run(LASTING, stdout=full.fileno())
    _replaced(tmp_path)
    process.send_signal(signal.SIGTERM)
    said = process.stderr.read().decode()
    assert process.wait(PATIENCE_S) == 0
    assert said.count("standard output cannot be written: No space left on device") == 1, said


def test_nohup_is_honoured(run, tmp_path):
    reading, writing = os.pipe()
    process = run(LASTING, stdout=writing, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    os.close(writing)
    with open(reading, "rb") as lines:  # noqa: PTH123 - a descriptor
        until(lambda: (tmp_path / "pid").exists(), what=lambda: "never started")
        process.send_signal(signal.SIGHUP)
        _replaced(tmp_path)
        process.send_signal(signal.SIGTERM)
        said = lines.read()
    assert process.wait(PATIENCE_S) == 0
    assert b"SIGHUP" not in said
    assert said.endswith(b"lasting ended: SIGTERM\n")


def _replaced(tmp_path: Path) -> None:
    """Kill the node and wait for its replacement: somebody supervises it."""
    until(lambda: (tmp_path / "pid").exists(), what=lambda: "never started")
    first = _pid(tmp_path)
    os.kill(first, signal.SIGKILL)
    until(lambda: _pid(tmp_path) != first, what=lambda: "nobody was replaced")


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_streams_that_are_closed_hold_nothing_up(run, tmp_path, closed):
    """`<&-` and `>&-` in a shell, and some daemons' parents."""
    process = run(
        """
version: 1
name: closed
nodes:
  node: {command: [sh, -c, "cat; echo hello; echo done > done.txt"], kind: task}
""",
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: [os.close(number) for number in closed],
    )
    assert process.wait(PATIENCE_S) == 0
    assert (tmp_path / "done.txt").read_text() == "done\n"


def test_a_reader_that_goes_away_ends_the_topology(run):
    reading, writing = os.pipe()
    process = run(FLOOD, stdout=writing)
    os.close(writing)
    with open(reading, "rb") as lines:  # noqa: PTH123 - a descriptor
        assert lines.readline().startswith(b"orchestrator | starting flood")
    assert process.wait(PATIENCE_S) == 0
    assert process.stderr.read() == b""


def test_ctrl_c_at_a_terminal_reaches_the_supervisor_alone(run):
    """The terminal sends SIGINT to the whole foreground process group; the nodes must not be in it."""
    ours, theirs = pty.openpty()
    process = run(
        """
version: 1
name: typed
nodes:
  node:
    command: [sh, -c, "trap 'echo interrupted' INT; trap 'echo asked; exit 0' TERM; echo armed; while :; do sleep 0.05; done"]
    ready: {log: armed}
""",
        "--stats",
        "100ms",
        stdout=theirs,
        stdin=theirs,
        preexec_fn=lambda: _control(theirs),
    )
    os.close(theirs)
    seen = b""
    typed = False
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # EIO: the other end is closed
            break
        seen += data
        if b"1/1 ready" in seen and not typed:
            typed = True
            os.write(ours, b"\x03")
    os.close(ours)
    assert process.wait(PATIENCE_S) == 130
    assert b"asked" in seen
    assert b"interrupted" not in seen
    assert b"\x1b[" in seen, "a terminal shows colours"


def _control(terminal: int) -> None:
    """In the child: a session of its own, with this controlling terminal."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


INTERRUPTED = """
import os, signal, sys, weakref
import orchestrator.app.check
from orchestrator.cli import main

class Thing:
    pass

def check_file(path):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: (os.kill(os.getpid(), signal.SIGINT), list(range(1000))))
    del thing
    sys.exit("the interrupt was forgotten")

orchestrator.app.check.check_file = check_file
sys.exit(main(["up", "topology.yaml"]))
"""


def test_ctrl_c_while_the_file_is_checked_is_never_a_traceback():
    """An exception in a callback, as the import machinery has them, is printed and forgotten."""
    ended = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "")


def test_a_supervisor_that_was_stopped_does_not_blame_its_nodes(start_up):
    """Ctrl-Z and fg, or a laptop's lid: no heartbeat was heard, because nobody listened."""
    up = start_up(
        """
version: 1
name: paused
nodes:
  node:
    run: parts:idle
    sockets: {inbox: {type: PULL, bind: auto}}
    heartbeat: {interval: 100ms, liveness: 3}
""",
        "--stats",
        "100ms",
        parts="def idle(message):\n    pass\n",
    )
    up.wait_ready()
    up.send(signal.SIGSTOP)
    time.sleep(1.5)
    up.send(signal.SIGCONT)
    resumed = time.time()
    up.wait_for(event="vitals", time=lambda t: t > resumed + 0.5)
    assert up.stop() == 0
    assert "backoff" not in up.states("node")


def test_what_a_node_says_without_a_newline_is_shown_at_its_end(start_up):
    up = start_up(
        """
version: 1
name: abrupt
nodes:
  abrupt: {command: [printf, "first\\nlast words"], kind: task}
"""
    )
    assert up.finish() == 0
    assert up.lines("abrupt") == ["first", "last words"]


def test_a_printing_program_is_not_buffered_into_silence(start_up):
    """A program with libc's buffering writes by the line to a terminal, and by 4 KiB to a pipe."""
    up = start_up(
        """
version: 1
name: buffered
nodes:
  buffered: {command: [awk, "BEGIN { print \\"here I am\\"; while (1) system(\\"sleep 1\\") }"]}
"""
    )
    up.wait_line("buffered", "here I am")
    pid = next(e["pid"] for e in up.seen if e.get("state") == "ready")
    assert alive(pid)
    assert up.stop() == 0
