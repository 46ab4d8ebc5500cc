"""Messages from one process to another, side by side in one run: `bench_data.py [--peers DIR] [--rounds N] [PART …]`.

The peers come from the index, into an environment of their own:

    python -m venv peers; peers/bin/pip install dora-rs dora-rs-cli ezmsg numpy pyarrow
    python tests/benchmarks/bench_data.py --peers peers/bin --page docs/benchmarks.md

Parts: `peers`, beside others; `costs`, what each thing costs that can be asked of a link. In each round everyone has a
turn at each size; medians of the rounds are shown, latencies from the samples of all rounds. What was lost is always told.
`--quick` sends a tenth: it says whether all works, and no more.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from data_path import tables, ways
from data_path.contestants import Bare, Contestant, Dora, Ezmsg, Failure, Found, Native
from data_path.ours import Ours
from data_path.tables import Samples
from data_path.traffic import Load
from support import Row, machine, place

SIZES = (8, 64, 512, 4096, 65_536, 1_048_576)
COST_SIZES = (64, 4096, 1_048_576)
PACED, PACED_LARGE = 1000, 500
"""Samples of a round; two rounds have a thousand and more of each size."""
FLOOD_BYTES, FLOOD_MOST, FLOOD_LEAST = 2_000_000_000, 500_000, 1000
PARTS = ("peers", "costs")


def load_of(size: int, quick: bool) -> Load:
    """Large messages are further apart, so that the slowest of all has read one before the next one comes."""
    part = 10 if quick else 1
    flood = max(FLOOD_LEAST, min(FLOOD_MOST, FLOOD_BYTES // size)) // part
    gap_s = 0.001 if size < 65_536 else 0.002 if size < 1_000_000 else 0.004
    paced = PACED if size < 1_000_000 else PACED_LARGE
    return Load(size=size, paced=paced // part, gap_s=gap_s, flood=flood, result="")


def compare(contestants: Sequence[Contestant], sizes: Sequence[int], rounds: int, quick: bool) -> Samples:
    samples: Samples = {size: {c.name: [] for c in contestants} for size in sizes}
    for turn in range(rounds):
        order = contestants if turn % 2 == 0 else contestants[::-1]  # nobody always follows the same
        for size in sizes:
            for contestant in order:
                found = _run(contestant, load_of(size, quick))
                samples[size][contestant.name].append(found)
                if found is not None:
                    _progress(f"{contestant.name}, {tables.size_word(size)}, round {turn + 1}", found)
    return samples


def _progress(what: str, found: Found) -> None:
    said = f"p50 {tables.us([found], 50)} µs, {tables.per_second([found])} per second"
    print(f"… {what}: {said}", file=sys.stderr, flush=True)


def _run(contestant: Contestant, load: Load) -> Found | None:
    try:
        return contestant.run(load)
    except Failure as error:
        print(f"… {contestant.name}: {error}", file=sys.stderr)
        return None


def present(peers: Path | None, scratch: Path) -> list[Contestant]:
    """Ours and those that are there; the others are named."""
    everyone: list[Contestant] = [Ours(ways.RAW), Bare(), Native(scratch), Dora(peers), Ezmsg(peers)]
    for contestant in everyone:
        if contestant.missing is not None:
            print(f"… without {contestant.name}: no {contestant.missing}", file=sys.stderr)
    return [contestant for contestant in everyone if contestant.missing is None]


def contestants_of(peers: Path | None, scratch: Path) -> list[Contestant]:
    """For the first two tables: what the goals speak of."""
    more: list[Contestant] = [
        *map(Ours, (ways.INTERPRETED, ways.MSGPACK, ways.BATCHED, ways.BATCHED_MANY, ways.SHARED))
    ]
    there = present(peers, scratch)
    return [there[0], *more, *there[1:]]


def measure() -> list[Row]:
    """For run.py: ours beside the bare loop, in one quick round."""
    loop, ours = Bare(), Ours(ways.RAW)
    rows = []
    for size, found in compare([loop, ours], SIZES, 1, True).items():
        theirs, mine = found[loop.name], found[ours.name]
        words = tables.per_second(mine), tables.per_second(theirs)
        share = f"{tables.rate(mine) / tables.rate(theirs):.2f}x"
        rows.append(Row(f"messages of {tables.size_word(size)}, per second", *words, share, ">= 0.9x"))
        words = tables.us(mine, 50), tables.us(theirs, 50)
        share = f"{tables.percentile(mine, 50) / tables.percentile(theirs, 50):.2f}x"
        rows.append(Row(f"latency of {tables.size_word(size)}, p50 in µs", *words, share, "<= 1.15x"))
    return rows


def _told(contestants: Sequence[Contestant], rounds: int, least: int) -> str:
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('.')[0]}"
    python = ".".join(platform.python_version_tuple()[:2])
    versions = ", ".join(f"{c.name} {c.version}" for c in contestants if c.version)
    turns = "one round" if rounds == 1 else f"{rounds} rounds"
    return f"{system}, Python {python}, {versions}; {turns}, at least {least:,} samples of each latency."


def main() -> int:
    parser = argparse.ArgumentParser(description="Messages from one process to another, side by side.")
    parser.add_argument("parts", nargs="*", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--peers", type=Path, help="where the peers' programs are")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", help="bytes, with commas")
    parser.add_argument("--only", help="names of contestants or ways, with semicolons")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, in one round")
    parser.add_argument("--page", type=Path, help="a page whose tables are to be the new ones")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]!r}")
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
    wanted = arguments.parts or PARTS
    rounds = 1 if arguments.quick else arguments.rounds
    only = arguments.only.split(";") if arguments.only else None
    sizes = [int(size) for size in arguments.sizes.split(",")] if arguments.sizes else None
    written = {}

    def run(contestants: list[Contestant], usual: Sequence[int]) -> tuple[Samples, list[str], str]:
        if only:
            contestants = [c for c in contestants if c.name in only]
        samples = compare(contestants, sizes or usual, rounds, arguments.quick)
        least = min(load_of(size, arguments.quick).paced for size in samples) * rounds
        return samples, [c.name for c in contestants], _told(contestants, rounds, least)

    if "peers" in wanted:
        samples, names, told = run(contestants_of(arguments.peers, scratch), SIZES)
        written["throughput"] = f"{tables.throughput(samples, names)}\n\n{told}"
        written["latency"] = tables.latency(samples, names)
        written["goals"] = tables.goals(samples)
    if "costs" in wanted:
        samples, names, told = run([Bare(), *map(Ours, ways.COSTS)], COST_SIZES)
        written["costs"] = f"{tables.costs(samples, names)}\n\n{told}"
    return written


if __name__ == "__main__":
    raise SystemExit(main())
