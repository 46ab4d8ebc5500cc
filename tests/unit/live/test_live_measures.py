"""Numbers of a benchmark: what is told, and what so few samples cannot tell."""

from __future__ import annotations

import json

from orchestrator.live.measures import Measured, fields, percentiles, text


def test_percentiles_are_told_where_the_samples_carry_them() -> None:
    few = percentiles([3_000, 1_000, 2_000])
    assert few == {"min": 1e-6, "p50": 2e-6, "max": 3e-6}
    many = percentiles([n * 1000 for n in range(1, 1001)])
    assert many == {"min": 1e-6, "p50": 5e-4, "p90": 9e-4, "p99": 9.9e-4, "p99.9": 9.99e-4, "max": 1e-3}
    assert "p99.9" not in percentiles(list(range(999)))
    assert percentiles([]) == {}


def test_what_people_read() -> None:
    found = Measured(
        what="a.b (REP): round trips", messages=2000, bytes=20_000, seconds=0.5, lost=3, errors=1
    )
    found.times_ns = [50_000, 60_000, 2_000_000_000]
    found.tool_ns = [20_000]
    shown = text(found)
    assert "2,000 messages in 0.50 s: 4,000 /s, 0.04 MB/s (10 bytes each)" in shown
    assert "lost: 3" in shown
    assert "error replies: 1" in shown
    assert "min 50.0 µs  p50 60.0 µs  max 2.00 s  (3 samples)" in shown
    assert "echo in C: min 20.0 µs" in shown


def test_what_nobody_can_tell_is_not_told_as_nothing() -> None:
    found = Measured(what="x", lost=None)
    assert "nobody can tell" in text(found)
    assert fields(found)["lost"] is None
    assert json.loads(json.dumps(fields(found)))["per_second"] == 0
