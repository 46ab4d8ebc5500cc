"""Messages from one process to another, side by side in one run: `bench_data.py [--peers DIR] [--rounds N] [TABLE …]`.

The peers come from the index, into an environment of their own:

    python -m venv peers; peers/bin/pip install dora-rs dora-rs-cli ezmsg numpy pyarrow
    python tests/benchmarks/bench_data.py --peers peers/bin --page docs/benchmarks.md

Tables: `latency` and `throughput` (one measurement), `costs`. In each round everyone has a turn at each size;
medians of the rounds are shown, latencies from the samples of all rounds. What was lost is always told.
`--quick` sends a tenth: it says whether all works, and no more.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from data_path import ways
from data_path.contestants import Bare, Contestant, Dora, Ezmsg, Failure, Found, Native
from data_path.ours import Ours
from data_path.traffic import Load
from support import Row, machine, place

SIZES = (8, 64, 512, 4096, 65_536, 1_048_576)
COST_SIZES = (64, 4096, 1_048_576)
PACED = 1000
FLOOD_BYTES, FLOOD_MOST, FLOOD_LEAST = 2_000_000_000, 500_000, 1000
TABLES = ("latency", "throughput", "costs")

Samples = dict[int, dict[str, list[Found | None]]]
"""size -> who -> rounds; None for a run that failed."""


def load_of(size: int, quick: bool) -> Load:
    """Large messages are further apart, so that the slowest of all has read one before the next one comes."""
    part = 10 if quick else 1
    flood = max(FLOOD_LEAST, min(FLOOD_MOST, FLOOD_BYTES // size)) // part
    gap_s = 0.001 if size < 65_536 else 0.002 if size < 1_000_000 else 0.004
    return Load(size=size, paced=PACED // part, gap_s=gap_s, flood=flood, result="")


def compare(contestants: Sequence[Contestant], sizes: Sequence[int], rounds: int, quick: bool) -> Samples:
    samples: Samples = {size: {c.name: [] for c in contestants} for size in sizes}
    for turn in range(rounds):
        for size in sizes:
            for contestant in contestants:
                found = _run(contestant, load_of(size, quick))
                samples[size][contestant.name].append(found)
                said = "failed" if found is None else f"{_us([found], 50)} {_rate([found])} lost {found.lost}"
                print(
                    f"… {turn + 1}/{rounds} {_size(size)}: {contestant.name} {said}",
                    file=sys.stderr,
                    flush=True,
                )
    return samples


def _run(contestant: Contestant, load: Load) -> Found | None:
    try:
        return contestant.run(load)
    except Failure as error:
        print(f"… {contestant.name}: {error}", file=sys.stderr)
        return None


def _size(size: int) -> str:
    for unit, word in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {word}"
    return f"{size} B"


def _there(found: Sequence[Found | None]) -> list[Found]:
    return [one for one in found if one is not None and one.latencies_ns]


def percentile(found: Sequence[Found | None], percent: int) -> float:
    """Nanoseconds, of the samples of all rounds; NaN when there is none."""
    samples = sorted(ns for one in _there(found) for ns in one.latencies_ns)
    return samples[min(len(samples) - 1, len(samples) * percent // 100)] if samples else float("nan")


def rate(found: Sequence[Found | None]) -> float:
    """Messages per second: the median of the rounds."""
    return statistics.median([one.rate for one in _there(found)] or [float("nan")])


def _us(found: Sequence[Found | None], percent: int) -> str:
    value = percentile(found, percent) / 1000
    return "–" if value != value else f"{value:.0f}"


def _rate(found: Sequence[Found | None]) -> str:
    value = rate(found)
    return "–" if value != value else f"{value:,.0f}/s"


def _lost(found: Sequence[Found | None]) -> str:
    lost = sum(one.lost for one in _there(found))
    return f" ({lost} lost)" if lost else ""


def latency_table(samples: Samples, names: Sequence[str]) -> str:
    lines = _head("p50 / p99, µs", names)
    for size, found in samples.items():
        cells = [f"{_us(found[name], 50)} / {_us(found[name], 99)}" for name in names]
        lines.append(_line(_size(size), cells))
    return "\n".join(lines)


def throughput_table(samples: Samples, names: Sequence[str]) -> str:
    lines = _head("messages", names)
    for size, found in samples.items():
        lines.append(_line(_size(size), [_rate(found[name]) + _lost(found[name]) for name in names]))
    sums = [sum(one.lost for found in samples.values() for one in _there(found[name])) for name in names]
    lines.append(_line("lost, of all", [str(lost) for lost in sums]))
    return "\n".join(lines)


def cost_table(samples: Samples, names: Sequence[str]) -> str:
    """Messages per second and p50 of each way, and how its rate compares with the bare loop's, the first."""
    lines = _head("", [word for size in samples for word in (f"{_size(size)}", "p50, µs", "of the loop")])
    for name in names:
        cells = []
        for found in samples.values():
            share = rate(found[name]) / rate(found[names[0]])
            told = "–" if share != share else f"{share:.2f}"
            cells += [_rate(found[name]) + _lost(found[name]), _us(found[name], 50), told]
        lines.append(_line(name, cells))
    return "\n".join(lines)


def _head(corner: str, names: Sequence[str]) -> list[str]:
    return [_line(corner, names), "| --- |" + " ---: |" * len(names)]


def _line(first: str, cells: Sequence[str]) -> str:
    return "| " + " | ".join([first, *cells]) + " |"


def present(peers: Path | None, scratch: Path) -> list[Contestant]:
    """Ours and those that are there; the others are named."""
    everyone: list[Contestant] = [Ours(ways.RAW), Bare(), Native(scratch), Dora(peers), Ezmsg(peers)]
    for contestant in everyone:
        if contestant.missing is not None:
            print(f"… without {contestant.name}: no {contestant.missing}", file=sys.stderr)
    return [contestant for contestant in everyone if contestant.missing is None]


def contestants_of(peers: Path | None, scratch: Path) -> list[Contestant]:
    """For the first two tables: what the goals speak of."""
    more: list[Contestant] = [Ours(ways.MSGPACK), Ours(ways.BATCHED), Ours(ways.SHARED)]
    there = present(peers, scratch)
    return [there[0], *more, *there[1:]]


def measure() -> list[Row]:
    """For run.py: ours beside the bare loop, in one quick round."""
    loop, ours = Bare(), Ours(ways.RAW)
    rows = []
    for size, found in compare([loop, ours], SIZES, 1, True).items():
        theirs, mine = found[loop.name], found[ours.name]
        share = f"{rate(mine) / rate(theirs):.2f}x"
        rows.append(
            Row(f"messages of {_size(size)}", _rate(mine) + _lost(mine), _rate(theirs), share, ">= 0.9x")
        )
        share = f"{percentile(mine, 50) / percentile(theirs, 50):.2f}x"
        p50 = (f"{_us(mine, 50)} µs", f"{_us(theirs, 50)} µs")
        rows.append(Row(f"latency of {_size(size)}, p50", *p50, share, "<= 1.15x"))
    return rows


def _told(contestants: Sequence[Contestant], rounds: int) -> str:
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('.')[0]}"
    python = ".".join(platform.python_version_tuple()[:2])
    versions = ", ".join(f"{c.name} {c.version}" for c in contestants if c.version)
    turns = "one round" if rounds == 1 else f"{rounds} rounds"
    return f"{system}, Python {python}, {versions}; {turns}, {PACED * rounds:,} samples of each latency."


def main() -> int:
    parser = argparse.ArgumentParser(description="Messages from one process to another, side by side.")
    parser.add_argument("tables", nargs="*", help=f"of: {', '.join(TABLES)}")
    parser.add_argument("--peers", type=Path, help="where the peers' programs are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", help="bytes, with commas")
    parser.add_argument("--only", help="names of contestants or ways, with semicolons")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, in one round")
    parser.add_argument("--page", type=Path, help="a page whose tables are to be the new ones")
    arguments = parser.parse_args()
    unknown = [table for table in arguments.tables if table not in TABLES]
    if unknown:
        parser.error(f"no table {unknown[0]!r}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it finds nothing left
    with tempfile.TemporaryDirectory() as scratch:
        written = _tables(arguments, Path(scratch))
    print(machine())
    for mark, text in written.items():
        print(f"\n{text}")
        if arguments.page is not None:
            place(arguments.page, mark, text)
    return 0


def _tables(arguments: argparse.Namespace, scratch: Path) -> dict[str, str]:
    wanted = arguments.tables or TABLES
    rounds = 1 if arguments.quick else arguments.rounds
    only = arguments.only.split(";") if arguments.only else None
    sizes = [int(size) for size in arguments.sizes.split(",")] if arguments.sizes else None
    written = {}

    def run(contestants: list[Contestant], usual: Sequence[int]) -> tuple[Samples, list[str], str]:
        if only:
            contestants = [c for c in contestants if c.name in only]
        samples = compare(contestants, sizes or usual, rounds, arguments.quick)
        return samples, [c.name for c in contestants], _told(contestants, rounds)

    if {"latency", "throughput"} & set(wanted):
        samples, names, told = run(contestants_of(arguments.peers, scratch), SIZES)
        written["latency"] = f"{latency_table(samples, names)}\n\n{told}"
        written["throughput"] = throughput_table(samples, names)
    if "costs" in wanted:
        samples, names, _ = run([Bare(), *map(Ours, ways.COSTS)], COST_SIZES)
        written["costs"] = cost_table(samples, names)
    return written


if __name__ == "__main__":
    raise SystemExit(main())
