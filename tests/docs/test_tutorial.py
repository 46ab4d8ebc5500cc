"""The tutorial, typed as it stands: every command is run, every file written, every line of output awaited."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pages import ROOT, Block, blocks

PATIENCE_S = 60

pytestmark = pytest.mark.integration


class Terminal:
    """A person at a shell, with one command in the foreground of another one."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.mark = os.urandom(8).hex()
        bin_ = Path(sys.executable).parent
        self.env = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "TUTORIAL": self.mark}
        self.env.pop("GITHUB_ACTIONS", None)
        self.output = ""
        self.running: subprocess.Popen[str] | None = None
        self.shown: list[str] = []
        self._reader: threading.Thread | None = None

    def follow(self, block: Block) -> None:
        match block.mark:
            case "run":
                self._run(block.text)
            case "run in the background":
                self.interrupt()
                self._start(block.text)
            case "run: kill a worker":
                assert block.text == "kill -9 PID\n"
                self._kill(r"worker-0 +\| \* running: pid (\d+)")
            case "run: Ctrl-C":
                self.interrupt()
            case "expect":
                self._expect(block.text.splitlines())
            case mark if mark.startswith("append to "):
                with (self.directory / mark.removeprefix("append to ")).open("a") as file:
                    file.write(block.text)
            case mark:
                assert not mark, f"what is {mark!r}?"

    def _run(self, script: str) -> None:
        done = subprocess.run(
            ["bash", "-e", "-c", f"{script}\npwd > .pwd-of-test"],
            cwd=self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.output = done.stdout
        (written,) = [p for p in (self.directory, *self.directory.iterdir()) if (p / ".pwd-of-test").exists()]
        self.directory = Path((written / ".pwd-of-test").read_text().strip())
        (written / ".pwd-of-test").unlink()

    def _start(self, script: str) -> None:
        self.output = ""
        self.shown = []
        self.running = subprocess.Popen(
            script.split(), cwd=self.directory, env=self.env, stdout=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, args=(self.running,))
        self._reader.start()

    def _read(self, running: subprocess.Popen[str]) -> None:
        assert running.stdout is not None
        self.shown.extend([])
        for line in running.stdout:
            self.shown.append(line.rstrip("\n"))

    def interrupt(self) -> None:
        """Ctrl-C to what runs; it has to end by itself, with the exit code of an interruption."""
        if self.running is None:
            return
        self.running.send_signal(signal.SIGINT)
        assert self.running.wait(PATIENCE_S) == 130
        assert self._reader is not None
        self._reader.join()
        assert self.running.stdout is not None
        self.running.stdout.close()
        self.running = None
        assert self.processes() == []

    def _kill(self, pattern: str) -> None:
        found = next(m for line in self.shown if (m := re.match(pattern, line)))
        self.shown.clear()  # what is expected from now on comes after this
        os.kill(int(found[1]), signal.SIGKILL)

    def _expect(self, lines: list[str]) -> None:
        if self.running is None and not self.shown:
            assert [line for line in lines if line not in self.output.splitlines()] == []
            return
        for line in lines:
            self._until(lambda line=line: any(s.startswith(line) for s in self.shown), line)

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"never came: {what}\n" + "\n".join(self.shown[-40:])
            time.sleep(0.02)

    def processes(self) -> list[int]:
        """Every process that was started from here."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if (
                    entry.name.isdigit()
                    and f"TUTORIAL={self.mark}".encode() in (entry / "environ").read_bytes()
                ):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def end(self) -> None:
        """Leave nothing, whatever happened."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="sed and /proc of Linux")
def test_the_tutorial_can_be_followed_to_its_end(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    steps = [block for block in blocks((ROOT / "docs/tutorial.md").read_text()) if block.mark]
    assert len(steps) >= 15
    try:
        for step in steps:
            terminal.follow(step)
        assert terminal.running is None
        assert terminal.processes() == []
    finally:
        terminal.end()
    assert "<svg" in (tmp_path / "first/topology.svg").read_text()


def test_the_file_that_is_shown_is_the_one_that_init_writes(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    subprocess.run(
        [sys.executable, "-m", "orchestrator", "init"],
        cwd=tmp_path / "first",
        check=True,
        capture_output=True,
    )
    written = (tmp_path / "first/topology.yaml").read_text().splitlines()
    bare = [re.sub(r"\s+#.*$", "", line) for line in written if not line.lstrip().startswith("#")]
    shown = next(b for b in blocks((ROOT / "docs/tutorial.md").read_text()) if b.language == "yaml")
    assert [line for line in bare if line] == [line for line in shown.text.splitlines() if line]
