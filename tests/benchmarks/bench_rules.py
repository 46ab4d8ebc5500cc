"""How the rules scale: all of them on chains of 100 to 10,000 nodes, and the exponent that fits."""

from __future__ import annotations

import math
import time

from bench_validate import topology
from support import Row, ms

SIZES = (100, 300, 1000, 3000, 10000)


def seconds(nodes: int, rounds: int = 3) -> float:
    """The best of some rounds: what the rules cost, without reading the file."""
    from orchestrator import rules
    from orchestrator.model.load import load

    loaded = load("chain.yaml", text=topology(nodes))
    assert loaded.topology is not None
    best = math.inf
    for _ in range(rounds):
        began = time.perf_counter()
        rules.run(loaded.topology)
        best = min(best, time.perf_counter() - began)
    return best


def exponent(points: list[tuple[float, float]]) -> float:
    """The slope of the line that fits log(seconds) against log(nodes) best (least squares)."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mean_x, mean_y = (sum(p[i] for p in logs) / len(logs) for i in (0, 1))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def measure() -> list[Row]:
    seconds(100)  # imports
    points = [(float(size), seconds(size)) for size in SIZES]
    rows = []
    for size, taken in points:
        per_node = taken / size
        n_log_n = points[0][1] * (size * math.log(size)) / (SIZES[0] * math.log(SIZES[0]))
        rows.append(
            Row(
                f"all rules on {int(size):,} nodes ({per_node * 1e6:.1f} µs per node) / n log n from 100",
                ms(taken),
                ms(n_log_n),
                f"{taken / n_log_n:.2f}x",
                "<= n log n",
            )
        )
    n_log_n = exponent([(x, x * math.log(x)) for x, _ in points])
    what = "fitted exponent, 100 to 10,000 nodes / that of n log n"
    rows.append(Row(what, f"n^{exponent(points):.2f}", f"n^{n_log_n:.2f}", "-", "<= n log n"))
    return rows
