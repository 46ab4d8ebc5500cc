"""A topology under `orchestrator up` as a user runs it: a separate process, watched by its JSON log."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from support import CLI

IDLE_NODE = '''"""A node that waits."""


def idle(message: bytes) -> None:
    pass
'''


def python_nodes(count: int) -> dict[str, str]:
    """Files of a topology: `count` Python nodes, each with one bound PULL socket, heartbeat 1 Hz."""
    body = f"""version: 1
name: idle
nodes:
  idle:
    run: idle:idle
    replicas: {count}
    sockets:
      inbox: {{type: PULL, bind: auto}}
"""
    return {"topology.yaml": body, "idle.py": IDLE_NODE}


def ignoring_sigterm(count: int, grace_s: float) -> dict[str, str]:
    body = f"""version: 1
name: stubborn
nodes:
  stubborn:
    command: [sh, -c, "trap '' TERM; echo armed; while :; do sleep 1; done"]
    replicas: {count}
    ready: {{log: armed}}
    stop: {{grace: {int(grace_s * 1000)}ms}}
"""
    return {"topology.yaml": body}


def sleeping(count: int) -> dict[str, str]:
    return {
        "topology.yaml": f"version: 1\nname: sleeping\nnodes:\n  sleep: {{command: [sleep, infinity], replicas: {count}}}\n"
    }


class Running:
    """`orchestrator up --log-format json` on files written to a scratch directory."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._stack = contextlib.ExitStack()
        self._lines: queue.Queue[tuple[float, dict[str, Any]] | None] = queue.Queue()

    def __enter__(self) -> Running:
        directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        for name, text in self._files.items():
            (directory / name).write_text(text)
        self.begin = time.perf_counter()
        self.process = subprocess.Popen(
            [*CLI, "up", str(directory / "topology.yaml"), "--log-format", "json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stack.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self._lines.put((time.perf_counter(), json.loads(line)))
        self._lines.put(None)

    def wait_for(self, timeout_s: float = 120.0, **wanted: Any) -> tuple[float, dict[str, Any]]:
        """The next log line that has all of these fields, and when it was read (perf_counter)."""
        deadline = time.perf_counter() + timeout_s
        while True:
            entry = self._lines.get(timeout=max(0.0, deadline - time.perf_counter()))
            if entry is None:
                raise RuntimeError(f"the topology ended before {wanted}")
            if all(entry[1].get(key) == value for key, value in wanted.items()):
                return entry

    def wait_ready(self) -> float:
        """Seconds from the start of the command until the whole topology is ready."""
        when, _ = self.wait_for(event="topology_ready")
        return when - self.begin

    def stop(self) -> float:
        """Seconds from SIGTERM until the command has ended."""
        begin = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        return time.perf_counter() - begin

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def pss_mib(pids: list[int]) -> float:
    """Mean proportional set size of the processes, in MiB (proc(5), smaps_rollup)."""
    sizes = []
    for pid in pids:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            sizes.append(next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")))
    return sum(sizes) / max(1, len(sizes)) / 1024


def cpu_seconds(pid: int) -> float:
    """User and system time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
