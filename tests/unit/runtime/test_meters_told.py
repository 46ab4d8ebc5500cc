"""The author's counters and gauges travel from the node to status and metrics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.host.counted import counted
from orchestrator.runtime.heard import read_traffic
from orchestrator.runtime.meters import MOST, families, meter_fields, read_meters
from orchestrator.runtime.records import traffic_fields
from orchestrator.sdk.reports import progress
from orchestrator.sdk.reports.meters import Meters
from orchestrator.sdk.reports.progress import SocketCounters


def own() -> list[list[Any]]:
    meters = Meters(print)
    meters.counter("fills", "Orders filled.", {"side": "buy"}).add(3)
    meters.counter("fills", "", {}).add(1)
    meters.gauge("depth", "", {}).set(-2.5)
    return meters.told()


def exposed(*rows: dict[str, Any]) -> str:
    core = pytest.importorskip("prometheus_client")

    class Found:
        def collect(self):  # type: ignore[no-untyped-def]
            return families("shop", rows)

    registry = core.CollectorRegistry(auto_describe=False)
    registry.register(Found())
    text: str = core.generate_latest(registry).decode()
    return text


def test_they_arrive_in_the_metrics() -> None:
    text = exposed(*[meter_fields("desk-0", m) for m in read_meters(own(), "desk")])
    who = 'instance_name="desk-0",node="desk",project="shop"'
    assert "# HELP fills_total Orders filled.\n# TYPE fills_total counter\n" in text
    assert f'fills_total{{{who},side="buy"}} 3.0' in text
    assert f'fills_total{{{who},side=""}} 1.0' in text
    assert f"# TYPE depth gauge\ndepth{{{who}}} -2.5" in text


def test_one_name_is_one_kind() -> None:
    rows = [
        meter_fields(node, read_meters([[kind, "n", "", {}, value]], node)[0])
        for node, kind, value in (("a", "gauge", 1), ("b", "counter", 2))
    ]
    text = exposed(*rows)
    assert "# TYPE n_total counter" in text
    assert "# TYPE n gauge" not in text


@pytest.mark.parametrize(
    "entry",
    [
        7,
        [],
        ["counter", "n", "", {}],
        ["summary", "n", "", {}, 1],
        ["counter", "a-b", "", {}, 1],
        ["counter", "orchestrator_topology_up", "", {}, 1],
        ["counter", "n" * 300, "", {}, 1],
        ["counter", "n", "", [], 1],
        ["counter", "n", "", {"node": "x"}, 1],
        ["counter", "n", "", {"__a": "x"}, 1],
        ["counter", "n", "", {}, True],
        ["counter", "n", "", {}, "1"],
        ["gauge", "n", "", {}, float("nan")],
        [["gauge"], "n", "", {}, 1],
    ],
)
def test_nonsense_is_left_out(entry: object) -> None:
    assert read_meters([entry], "n") == ()
    assert read_meters(entry, "n") == ()


def test_their_number_is_bounded() -> None:
    assert len(read_meters([["gauge", f"n{i}", "", {}, 1] for i in range(2 * MOST)], "n")) == MOST


def test_what_was_passed_over_and_how_long_sends_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.now)
    counters = SocketCounters()
    counters.failed, counters.dropped, counters.undeliverable = 3, 4, 1
    clock.now = 100.0
    counters.wait_begins()
    clock.now += 1.0
    counters.wait_begins()  # a chore that waits meanwhile
    counters.wait_ends()
    clock.now += 0.25  # and the first one still does
    told = read_traffic({"in": counted(counters, 0.0)}, "sink", 1.0)["in"]
    row = traffic_fields("sink", "in", told)
    assert (row["failed"], row["blocked_s"], row["dropped"]) == (3, 1.25, 5)
    counters.wait_ends()
    clock.now += 5
    assert counters.blocked_s == 1.25
    assert not {"failed", "blocked_s"} & set(counted(SocketCounters(), 0.0))
