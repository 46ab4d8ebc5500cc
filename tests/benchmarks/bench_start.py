"""10, 50 and 200 Python nodes from the command to all ready, beside as many interpreters that import zmq."""

from __future__ import annotations

import subprocess
import time

from running import Running, pss_mib, python_nodes
from support import PYTHON, Row, ms

GOAL = {10: "-", 50: "-", 200: ">= 8x, <= 3 MiB"}


def interpreters(count: int) -> float:
    """Seconds until `count` interpreters, started side by side, have all imported zmq."""
    begin = time.perf_counter()
    children = [subprocess.Popen([PYTHON, "-c", "import zmq"]) for _ in range(count)]
    for child in children:
        child.wait()
    return time.perf_counter() - begin


def measure() -> list[Row]:
    rows = []
    for count in (10, 50, 200):
        ours, peers, pss = [], [], 0.0
        for _ in range(3):
            with Running(python_nodes(count)) as run:
                ours.append(run.wait_ready())
                nodes = [p.pid for p in run.descendants() if p.ppid() != run.process.pid]
                pss = pss_mib(nodes)
                run.stop()
            peers.append(interpreters(count))
        mine, theirs = sorted(ours)[1], sorted(peers)[1]
        what = f"up of {count} Python nodes to all ready / as many interpreters importing zmq ({pss:.1f} MiB PSS each)"
        rows.append(Row(what, ms(mine), ms(theirs), f"{theirs / mine:.1f}x faster", GOAL[count]))
    return rows
