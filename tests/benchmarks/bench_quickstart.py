"""From the command to the first order of the quickstart, beside an interpreter that imports zmq.

The order is what a tick led to: two messages later than the first.
"""

from __future__ import annotations

from pathlib import Path

from running import Running
from support import PYTHON, Row, interleaved, ms, wall

TOPOLOGIES = Path(__file__).parents[2] / "topologies"


def _first_message() -> float:
    files = {p.name: p.read_text() for p in TOPOLOGIES.iterdir() if p.suffix in (".py", ".yaml")}
    files["topology.yaml"] = files["quickstart.yaml"]
    with Running(files) as run:
        when, _ = run.wait_for(event="output")
        seconds = when - run.begin
        run.stop()
    return seconds


def measure() -> list[Row]:
    ours, bare = interleaved(5, _first_message, lambda: wall([PYTHON, "-c", "import zmq"]))
    return [
        Row(
            "quickstart: command to first order printed / import zmq",
            ms(ours),
            ms(bare),
            f"{ours / bare:.1f}x",
            "< 500 ms",
        )
    ]
