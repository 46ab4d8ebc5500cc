"""`orchestrator up` as a user runs it: a process of its own, watched by its JSON log; proof that nothing stays."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

CLI = (sys.executable, "-m", "orchestrator")
PATIENCE_S = 60.0
"""How long any single wait may take before the test fails; machines are shared and slow at times."""


class Up:
    """One running `orchestrator up`."""

    def __init__(
        self,
        file: Path,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.mark = os.urandom(8).hex()
        self.seen: list[dict[str, Any]] = []
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.process = subprocess.Popen(
            [*prefix, *CLI, "up", str(file), "--log-format", "json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env={**os.environ, **(env or {}), "TEST_MARK": self.mark},
        )
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        self.errors = ""
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read()

    # ------------------------------------------------------------------ waiting

    def wait_for(self, **wanted: Any) -> dict[str, Any]:
        """The next event with these fields; a callable is asked instead of compared."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                event = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"never saw {wanted}; saw\n{self.story()}") from None
            if event is None:
                self._lines.put(None)
                self.process.wait()
                for reader in self._readers[1:]:
                    reader.join()
                raise AssertionError(f"ended before {wanted}; saw\n{self.story()}\n{self.errors}")
            self.seen.append(event)
            if all(_fits(event.get(key), value) for key, value in wanted.items()):
                return event

    def wait_ready(self) -> dict[str, Any]:
        return self.wait_for(event="topology_ready")

    def wait_state(self, unit: str, state: str, **more: Any) -> dict[str, Any]:
        return self.wait_for(event="state", unit=unit, state=state, **more)

    def wait_line(self, unit: str, text: str) -> dict[str, Any]:
        return self.wait_for(event="output", unit=unit, text=lambda line: text in (line or ""))

    def story(self) -> str:
        return "\n".join(json.dumps(event) for event in self.seen[-40:])

    def finish(self) -> int:
        """Wait for the end; every event is in `seen` afterwards."""
        code = self.process.wait(timeout=PATIENCE_S)
        for reader in self._readers:
            reader.join()
        while (event := self._lines.get()) is not None:
            self.seen.append(event)
        self._lines.put(None)
        return code

    # ------------------------------------------------------------------ doing

    def send(self, signum: int) -> None:
        self.process.send_signal(signum)

    def stop(self, signum: int = signal.SIGTERM) -> int:
        self.send(signum)
        return self.finish()

    def states(self, unit: str) -> list[str]:
        return [e["state"] for e in self.seen if e["event"] == "state" and e["unit"] == unit]

    def lines(self, unit: str) -> list[str]:
        return [e["text"] for e in self.seen if e["event"] == "output" and e["unit"] == unit]

    # ------------------------------------------------------------------ proof

    def leftovers(self) -> list[str]:
        """Processes that carry this run's mark in their environment."""
        return [f"{pid}: {name}" for pid, name in marked(self.mark)]

    def prove_clean(self) -> None:
        """No process, no run directory, no thread of the reader is left."""
        until(lambda: not self.leftovers(), what=lambda: f"left: {self.leftovers()}")
        starts = [e for e in self.seen if e["event"] == "topology_starting"]
        for start in starts:
            directory = Path(start["run_dir"])
            until(lambda d=directory: not d.exists(), what=lambda d=directory: f"{d} is left")

    def end(self) -> None:
        """Whatever happened: nothing may survive the test."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        for pid, _ in marked(self.mark):
            os.kill(pid, signal.SIGKILL)


def _fits(found: Any, wanted: Any) -> bool:
    return bool(wanted(found)) if callable(wanted) else found == wanted


def marked(mark: str) -> list[tuple[int, str]]:
    """Live processes (zombies aside) whose environment holds the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"TEST_MARK={mark}".encode() in (entry / "environ").read_bytes():
                found.append(
                    (int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
                )
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], *, what: Callable[[], str], patience_s: float = PATIENCE_S) -> None:
    """Wait for a condition that no event announces."""
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
