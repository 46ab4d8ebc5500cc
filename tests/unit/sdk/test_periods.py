"""Steady calls: on time, without drift, and what was missed is counted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.reports.sampling import Samples
from orchestrator.sdk.running.periods import SKIPPED, Period
from orchestrator.sdk.timers import Timers
from orchestrator.wire.qos import OnError


class Bench:
    """A clock that the test moves, and a loop that comes by when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.control = NodeControl()
        self.control.timers = Timers(lambda: self.now)
        self.called: list[float] = []

    def period(self, seconds: float, call: Any = None, rejects: Rejects | None = None) -> Period:
        found = Period(
            self.control, "report", seconds, call or (lambda: self.called.append(self.now)), rejects
        )
        found.start()
        return found

    def at(self, *times: float) -> None:
        for time in times:
            self.now = time
            self.control.timers.run()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.control.close()


def test_no_drift(bench: Bench) -> None:
    period = bench.period(0.1)
    bench.at(100.05, 100.101, 100.15, 100.209, 100.2095, 100.301, 100.35)
    assert bench.called == [100.101, 100.209, 100.301]
    assert period.skipped == 0
    assert bench.control.timers.next_at == pytest.approx(100.4)


def test_what_was_missed_is_called_once_and_counted(bench: Bench) -> None:
    period = bench.period(0.1)
    bench.at(100.55, 100.601)
    assert bench.called == [100.55, 100.601]
    assert period.skipped == 4
    assert bench.control.progress.meters.told()[0][1:] == [
        SKIPPED,
        "Calls of @every that were left out: one took too long, or the node was busy.",
        {"timer": "report"},
        4,
    ]


def test_a_node_that_is_to_stop_is_not_called_any_more(bench: Bench) -> None:
    def last() -> None:
        bench.called.append(bench.now)
        bench.control.stop()

    bench.period(0.1, last)
    bench.at(100.101, 100.201, 100.301)
    assert bench.called == [100.101]


def test_it_ends(bench: Bench) -> None:
    period = bench.period(0.1)
    period.stop()
    bench.at(101.0)
    assert bench.called == []


def test_what_it_raises_ends_the_node(bench: Bench) -> None:
    bench.period(0.1, lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.at(100.2)


def test_unless_the_node_passes_errors_over(bench: Bench) -> None:
    out = io.StringIO()
    rejects = Rejects("n", on_error=OnError.SKIP, samples=Samples(out.write, lambda: 0.0))
    bench.period(0.1, lambda: 1 / 0, rejects)
    bench.at(100.2, 100.3, 100.4)
    assert out.getvalue().startswith("timer report failed:\nTraceback")
    assert out.getvalue().count("Traceback") == 1
    assert [m[4] for m in bench.control.progress.meters.told() if m[1] == "timer_errors"] == [3]
