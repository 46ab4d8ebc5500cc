"""`top` on a real (pseudo-)terminal: it draws, hears keys, and leaves the terminal as it was."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from up_support import CLI, PATIENCE_S, until

pytestmark = pytest.mark.integration

LAB = """
version: 1
name: lab
nodes:
  source: {command: [sleep, infinity]}
  worker: {command: [sleep, infinity], replicas: 2}
"""


class Terminal:
    def __init__(self, desk, *words):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.said = ""
        self.process = subprocess.Popen(
            [*CLI, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=desk.directory, env=desk.environ
        )
        self.theirs = theirs
        os.set_blocking(self.ours, False)

    def shows(self, pattern):
        def look():
            with contextlib.suppress(BlockingIOError):
                self.said += os.read(self.ours, 1 << 16).decode("utf-8", "replace")
            return re.search(pattern, self.said)

        until(look, what=lambda: f"{pattern!r} not in {self.said[-3000:]!r}")

    def press(self, keys):
        self.said = ""
        os.write(self.ours, keys.encode())

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def lab(desk):
    desk.write(LAB)
    desk.run("up", "-d", "topology.yaml")
    yield desk
    desk.run("down", "lab", code=None)


def test_keys_steer_the_selected_process(lab):
    terminal = Terminal(lab, "top", "--every", "200ms")
    try:
        terminal.shows("lab is ready.*3/3 ready")
        terminal.press("\x1b[B")
        terminal.press("r")
        terminal.shows("worker-0: asked to restart")
        lab.until_unit("worker-0", restarts=1, state="ready")
        terminal.press("s")
        terminal.shows("worker-0: asked to stop")
        lab.until_unit("worker-0", state="stopped")
        terminal.shows("worker-0 +stopped")
        terminal.press("s")
        lab.until_unit("worker-0", state="ready")
        terminal.press("q")
        assert terminal.process.wait(PATIENCE_S) == 0
        assert termios.tcgetattr(terminal.theirs) == terminal.before
    finally:
        terminal.close()


def test_the_end_of_the_topology_ends_it(lab):
    terminal = Terminal(lab, "top", "--every", "200ms")
    try:
        terminal.shows("3/3 ready")
        lab.run("down")
        terminal.shows("lab has ended")
        assert terminal.process.wait(PATIENCE_S) == 0
        assert termios.tcgetattr(terminal.theirs) == terminal.before
    finally:
        terminal.close()


def test_without_a_terminal_it_says_what_else_there_is(lab):
    assert "orchestrator ps" in lab.run("top", code=2).stderr
