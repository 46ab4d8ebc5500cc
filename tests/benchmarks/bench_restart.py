"""SIGKILL of a node to its replacement, beside a bare loop that notices and answers the same kill."""

from __future__ import annotations

import os
import select
import signal
import statistics
import subprocess
import time

from running import IDLE_NODE, Running
from support import Row, ms

BACKOFF_MS = 10
ROUNDS = 15


def _files(program: str) -> dict[str, str]:
    restart = (
        f"{{policy: always, max_restarts: 1000, backoff: {{initial: {BACKOFF_MS}ms, factor: 1, jitter: 0}}}}"
    )
    body = f"version: 1\nname: restart\nnodes:\n  node:\n    {program}\n    restart: {restart}\n"
    return {"topology.yaml": body, "idle.py": IDLE_NODE}


def _recovery(files: dict[str, str], state: str) -> float:
    """Median seconds from the kill to the line that says the replacement reached `state`, less the backoff."""
    samples = []
    with Running(files) as run:
        _, line = run.wait_for(event="state", unit="node", state=state)
        pid = int(line["pid"])
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            when, line = run.wait_for(event="state", unit="node", state=state)
            pid = int(line["pid"])
            samples.append(when - begin - BACKOFF_MS / 1000)
        run.stop()
    return statistics.median(samples)


def _bare_loop() -> float:
    """Median seconds from the kill of a `sleep` to the next one's pid, with pidfd and Popen alone."""
    samples = []
    child = subprocess.Popen(["sleep", "infinity"])
    for _ in range(ROUNDS):
        fd = os.pidfd_open(child.pid)
        begin = time.perf_counter()
        child.kill()
        select.select([fd], [], [])
        child.wait()
        os.close(fd)
        child = subprocess.Popen(["sleep", "infinity"])
        samples.append(time.perf_counter() - begin)
    child.kill()
    child.wait()
    return statistics.median(samples)


def measure() -> list[Row]:
    bare = _bare_loop()
    python = _recovery(_files("run: idle:idle\n    sockets: {inbox: {type: PULL, bind: auto}}"), "ready")
    foreign = _recovery(_files("command: [sleep, infinity]"), "ready")
    return [
        Row(
            "killed Python node to its replacement's readiness, less backoff",
            ms(python),
            ms(bare),
            f"{python / bare:.1f}x",
            "< 20 ms",
        ),
        Row(
            "killed `sleep` to its replacement, less backoff / bare loop",
            ms(foreign),
            ms(bare),
            f"{foreign / bare:.1f}x",
            "< 20 ms",
        ),
    ]
