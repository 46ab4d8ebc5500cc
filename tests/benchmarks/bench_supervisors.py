"""Process supervisors side by side in one run: `bench_supervisors.py [--peers DIR] [--rounds N] [ROW …]`.

The peers come from the index, into an environment of their own:

    python -m venv peers; peers/bin/pip install supervisor circus honcho
    python tests/benchmarks/bench_supervisors.py --peers peers/bin

runit, s6 and process-compose take part where they are on the PATH. All run the same program, `sleep`, and are
watched from outside, by /proc alone. In each round every supervisor has its turn; medians of the rounds are
shown; `--page docs/benchmarks.md` writes them there.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from supervisors import measures
from supervisors.contestants import ALL, Contestant, Orchestrator
from support import Row, machine

Measure = Callable[[Contestant], Any]

ROWS: dict[str, tuple[str, Measure, Callable[[float], str]]] = {}


def _time(seconds: float) -> str:
    if seconds == measures.NEVER:
        return "never"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _row(key: str, what: str, measure: Measure, words: Callable[[float], str] = _time) -> None:
    ROWS[key] = what, measure, words


_half_told: dict[str, tuple[float, float]] = {}


def _idle(contestant: Contestant) -> tuple[float, float]:
    """One run tells both numbers: what the first row of the two leaves is there for the second."""
    found = _half_told.pop(contestant.name, None)
    if found is None:
        found = _half_told[contestant.name] = measures.idle(contestant, 200)
    return found


for _count in (10, 50, 200):
    _row(f"start-{_count}", f"command to {_count} running", lambda c, n=_count: measures.start(c, n))
_row("replacement", "SIGKILL to replacement, as it is", lambda c: measures.replacement(c, False))
_row("replacement-quick", "the same, told to be quick", lambda c: measures.replacement(c, True))
_row("stop-200", "stop of 200", lambda c: measures.stop(c, 200))
_row(
    "stubborn",
    f"stop of 3 that ignore TERM, grace {measures.GRACE_S:g} s",
    lambda c: measures.stop_stubborn(c, 3),
)
_row("cpu", "CPU of one core, 200 idle", lambda c: _idle(c)[0], lambda v: f"{v:.2%}")
_row("memory", "memory (PSS), 200 idle", lambda c: _idle(c)[1], lambda v: f"{v:.0f} MiB")
_row(
    "survivors",
    "of 200, left after SIGKILL of the supervisor",
    lambda c: measures.survivors(c, 200),
    lambda v: f"{v:.0f}",
)
_row(
    "orphans",
    f"of {measures.GRANDCHILDREN} grandchildren, left after their parent's SIGKILL and a stop",
    measures.orphans,
    lambda v: f"{v:.0f}",
)


def compare(contestants: list[Contestant], keys: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """row -> supervisor -> samples. Rounds interleave: A B C, A B C, …"""
    samples: dict[str, dict[str, list[float]]] = {k: {c.name: [] for c in contestants} for k in keys}
    for turn in range(rounds):
        for key in keys:
            for contestant in contestants:
                value = ROWS[key][1](contestant)
                samples[key][contestant.name].append(value)
                said = ROWS[key][2](value)
                print(f"… {turn + 1}/{rounds} {key}: {contestant.name} {said}", file=sys.stderr, flush=True)
    return samples


def table(samples: dict[str, dict[str, list[float]]], contestants: list[Contestant]) -> str:
    """Markdown: a line per row, a column per supervisor."""
    names = [f"{c.name} {c.version}".strip() for c in contestants]
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    for key, found in samples.items():
        words = [ROWS[key][2](statistics.median(found[c.name])) for c in contestants]
        lines.append(f"| {ROWS[key][0]} | " + " | ".join(words) + " |")
    return "\n".join(lines)


def write(page: Path, found: str, rounds: int) -> None:
    """Put a table in place of the one that stands on a page, between its two marks."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end of the table -->\n")
    if not begin or not end:
        raise SystemExit(f"{page} has no place for the table")
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('.')[0]}"
    python = ".".join(platform.python_version_tuple()[:2])
    turns = "one round" if rounds == 1 else f"medians of {rounds} rounds"
    told = f"{system}, Python {python}; {turns}, in which every supervisor has its turn."
    page.write_text(f"{before}{begin}\n{found}\n\n{told}\n\n{end}{after}", encoding="utf-8")


def present(peers: Path | None) -> list[Contestant]:
    """Those that are installed; the others are named."""
    found = []
    for kind in ALL:
        contestant = kind(peers)
        if contestant.missing is None:
            found.append(contestant)
        else:
            print(f"… without {contestant.name}: no {contestant.missing}", file=sys.stderr)
    return found


def measure() -> list[Row]:
    """For run.py: ours beside the best of the others, in one round."""
    contestants = present(None)
    rows = []
    for key, found in compare(contestants, list(ROWS), 1).items():
        what, _, words = ROWS[key]
        ours = found.pop(Orchestrator.name)[0]
        best = min(found, key=lambda name: found[name][0])
        ratio = f"{ours / found[best][0]:.2f}x" if found[best][0] else "-"
        rows.append(Row(what, words(ours), f"{words(found[best][0])} ({best})", ratio, "first"))
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Process supervisors side by side.")
    parser.add_argument("rows", nargs="*", help=f"of: {', '.join(ROWS)}")
    parser.add_argument("--peers", type=Path, help="where the peers' programs are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", type=Path, help="a page whose table is to be the new one")
    parser.add_argument("--only", help="names of supervisors, with commas")
    arguments = parser.parse_args()
    unknown = [row for row in arguments.rows if row not in ROWS]
    if unknown:
        parser.error(f"no row {unknown[0]!r}")
    contestants = present(arguments.peers)
    if arguments.only:
        contestants = [c for c in contestants if c.name in arguments.only.split(",")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it finds nothing left
    samples = compare(contestants, arguments.rows or list(ROWS), arguments.rounds)
    found = table(samples, contestants)
    print(machine())
    print(found)
    if arguments.page is not None:
        write(arguments.page, found, arguments.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
