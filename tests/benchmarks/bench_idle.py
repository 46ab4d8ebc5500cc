"""What the supervisor costs while 200 nodes at 1 Hz have nothing to do."""

from __future__ import annotations

import time

import psutil
from running import Running, cpu_seconds, python_nodes
from support import Row

SECONDS = 10.0


def measure() -> list[Row]:
    with Running(python_nodes(200)) as run:
        run.wait_ready()
        before, begin = cpu_seconds(run.process.pid), time.perf_counter()
        time.sleep(SECONDS)
        share = (cpu_seconds(run.process.pid) - before) / (time.perf_counter() - begin)
        rss = psutil.Process(run.process.pid).memory_info().rss / 2**20
        run.stop()
    return [
        Row("supervisor's CPU, 200 nodes idle at 1 Hz, of one core", f"{share:.1%}", "-", "-", "< 3 %"),
        Row("supervisor's resident memory, 200 nodes", f"{rss:.0f} MB", "-", "-", "< 60 MB"),
    ]
