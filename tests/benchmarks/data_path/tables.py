"""What was found, as tables in Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from data_path import ways
from data_path.contestants import Bare, Dora, Ezmsg, Found, Native

Rounds = Sequence[Found | None]
Samples = dict[int, dict[str, list[Found | None]]]
"""size -> who -> rounds; None for a run that failed."""


def size_word(size: int) -> str:
    for unit, word in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {word}"
    return f"{size} B"


def _there(found: Rounds) -> list[Found]:
    return [one for one in found if one is not None and one.latencies_ns]


def percentile(found: Rounds, percent: int) -> float:
    """Nanoseconds, of the samples of all rounds; NaN when there is none."""
    samples = sorted(ns for one in _there(found) for ns in one.latencies_ns)
    return samples[min(len(samples) - 1, len(samples) * percent // 100)] if samples else math.nan


def rate(found: Rounds) -> float:
    """Messages per second: the median of the rounds; NaN when there is none."""
    rates = [one.rate for one in _there(found)]
    return statistics.median(rates) if rates else math.nan


def lost(found: Rounds) -> int:
    return sum(one.lost for one in _there(found))


def us(found: Rounds, percent: int) -> str:
    return _word(percentile(found, percent) / 1000, ",.0f")


def per_second(found: Rounds) -> str:
    told = _word(rate(found), ",.0f")
    return f"{told} ({lost(found)} lost)" if lost(found) else told


def _word(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _table(corner: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    lines = [(corner, columns), *rows]
    texts = ["| " + " | ".join([first, *cells]) + " |" for first, cells in lines]
    texts.insert(1, "| --- |" + " ---: |" * len(columns))
    return "\n".join(texts)


def latency(samples: Samples, names: Sequence[str]) -> str:
    rows = [
        (name, [f"{us(found[name], 50)} / {us(found[name], 99)}" for found in samples.values()])
        for name in names
    ]
    return _table("µs, p50 / p99", [size_word(size) for size in samples], rows)


def throughput(samples: Samples, names: Sequence[str]) -> str:
    rows = []
    for name in names:
        cells = [_word(rate(found[name]), ",.0f") for found in samples.values()]
        rows.append((name, [*cells, str(sum(lost(found[name]) for found in samples.values()))]))
    return _table("messages per second", [*map(size_word, samples), "lost, of all"], rows)


def costs(samples: Samples, names: Sequence[str]) -> str:
    """The rate of each way, how it compares with the first one's (the bare loop), its p50, and the time that its two
    threads take for a message."""
    columns = []
    for size in samples:
        columns += [f"{size_word(size)}, per second", "of the loop", "p50, µs", "CPU, µs"]
    rows = []
    for name in names:
        cells = []
        for found in samples.values():
            share = rate(found[name]) / rate(found[names[0]])
            cells += [per_second(found[name]), _word(share, ".2f"), us(found[name], 50), cpu(found[name])]
        rows.append((name, cells))
    return _table("", columns, rows)


def cpu(found: Rounds) -> str:
    """Microseconds for a message of the flood: those of the sending thread and those of the receiving one."""
    spent = [(one.send_ns, one.receive_ns) for one in _there(found)]
    sending = [send for send, _ in spent if send is not None]
    receiving = [receive for _, receive in spent if receive is not None]
    if not sending or not receiving:
        return "–"
    return f"{statistics.median(sending) / 1000:.2f} + {statistics.median(receiving) / 1000:.2f}"


def goals(samples: Samples) -> str:
    """What was to be reached, and what was: one number for each size it speaks of, ✓ or ✗."""
    sizes = list(samples)
    small = [size for size in sizes if size <= 4096]
    rows = [
        _goal(samples, "raw, rate of the pyzmq loop's", 0.9, sizes, _rates(ways.RAW.name, Bare.name)),
        _goal(samples, "raw, p50 of the pyzmq loop's", -1.15, sizes, _latencies(ways.RAW.name, Bare.name)),
        _goal(samples, "msgpack with envelope, rate of the pyzmq loop's", 0.6, sizes, _rates(ways.MSGPACK.name, Bare.name)),
        _goal(
            samples, "batched, rate of single messages in C", 1.0, [s for s in sizes if s == 64],
            _rates(ways.BATCHED_MANY.name, Native.name),
        ),
        _goal(
            samples, "raw, p50 of the better of dora and ezmsg", -1.0, [s for s in sizes if s <= 65_536],
            _latencies(ways.RAW.name, Dora.name, Ezmsg.name),
        ),
        _goal(
            samples, "raw, rate of the better of dora and ezmsg", 5.0, small,
            _rates(ways.RAW.name, Dora.name, Ezmsg.name),
        ),
        _goal(
            samples, "batched, rate of the better of dora and ezmsg", 5.0, small,
            _rates(ways.BATCHED.name, Dora.name, Ezmsg.name),
        ),
        _goal(
            samples, "shared memory, rate of the better of dora and ezmsg", 1.0, [s for s in sizes if s >= 1 << 20],
            _rates(ways.SHARED.name, Dora.name, Ezmsg.name),
        ),
        _goal(
            samples, "shared memory, p50 of the better of dora and ezmsg", -1.0, [s for s in sizes if s >= 1 << 20],
            _latencies(ways.SHARED.name, Dora.name, Ezmsg.name),
        ),
    ]  # fmt: skip
    return _table("goal", ["", *map(size_word, sizes)], rows)


_Ratio = tuple[str, tuple[str, ...], bool]


def _rates(ours: str, *peers: str) -> _Ratio:
    return ours, peers, True


def _latencies(ours: str, *peers: str) -> _Ratio:
    return ours, peers, False


def _goal(
    samples: Samples, what: str, limit: float, of: Sequence[int], ratio: _Ratio
) -> tuple[str, Sequence[str]]:
    """`limit` is the least that counts; a negative one the most."""
    ours, peers, by_rate = ratio
    cells = [f"≥ {limit:g}" if limit > 0 else f"≤ {-limit:g}"]
    for size, found in samples.items():
        value = _share(found, ours, peers, by_rate) if size in of else math.nan
        reached = value >= limit if limit > 0 else value <= -limit
        cells.append("–" if math.isnan(value) else f"{value:.2f} {'✓' if reached else '✗'}")
    return what, cells


def _share(found: dict[str, list[Found | None]], ours: str, peers: Sequence[str], by_rate: bool) -> float:
    """Ours by the best of the peers that are there."""
    if by_rate:
        theirs = [rate(found[peer]) for peer in peers if peer in found]
        mine = rate(found.get(ours, []))
    else:
        theirs = [percentile(found[peer], 50) for peer in peers if peer in found]
        mine = percentile(found.get(ours, []), 50)
    there = [value for value in theirs if not math.isnan(value)]
    return mine / (max if by_rate else min)(there) if there else math.nan
