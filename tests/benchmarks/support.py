"""What all benchmarks share: interleaved rounds, medians, a table of ratios."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

# What is installed has its bytecode: compiling is not measured.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PYTHON = sys.executable
CLI = [PYTHON, "-m", "orchestrator"]


@dataclass(frozen=True)
class Row:
    """One line of the report. `goal` is what the project promises, as text; nothing is judged here."""

    what: str
    ours: str
    peer: str
    ratio: str
    goal: str


def interleaved(rounds: int, *measures: Callable[[], float]) -> list[float]:
    """Run the measures in turn, A B A B …, after one warm-up each; return the median of each in seconds."""
    for measure in measures:
        measure()
    samples: list[list[float]] = [[] for _ in measures]
    for _ in range(rounds):
        for collected, measure in zip(samples, measures, strict=True):
            collected.append(measure())
    return [statistics.median(collected) for collected in samples]


def wall(command: Sequence[str], cwd: Path | None = None, expect: int = 0) -> float:
    """Seconds a whole process takes."""
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode != expect:
        raise RuntimeError(f"{command} exited with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return seconds


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.1 else f"{seconds * 1000:.1f} ms"


def machine() -> str:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{platform.platform()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load {load:.1f}"
    )


def table(rows: Sequence[Row]) -> str:
    """Markdown, so that it can be pasted into a page."""
    cells = [
        ("what", "ours", "peer", "ratio", "goal"),
        *((r.what, r.ours, r.peer, r.ratio, r.goal) for r in rows),
    ]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def place(page: Path, mark: str, text: str) -> None:
    """Put a text in place of the one that stands on a page between the marks `<!-- measured: MARK -->` and the
    next `<!-- end -->`. Raises SystemExit when there is no such place."""
    whole = page.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(f"<!-- measured: {mark} -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    if not begin or not end:
        raise SystemExit(f"{page} has no place for {mark}")
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", encoding="utf-8")
