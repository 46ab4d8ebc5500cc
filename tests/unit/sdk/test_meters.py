"""Counters and gauges of the author's own."""

from __future__ import annotations

import pytest

from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.reports.meters import MOST, Meters


def meters(said: list[str] | None = None) -> Meters:
    return Meters((said if said is not None else []).append)


def test_what_is_told() -> None:
    own = meters()
    own.counter("fills", "Orders filled.", {"side": "buy"}).add()
    own.counter("fills_total", "", {"side": "buy"}).add(2)  # the suffix is Prometheus's, and the same counter
    own.counter("fills", "", {"side": 1}).add(0.5)
    own.gauge("depth", "", {}).set(-3)
    own.gauge("depth", "", {}).add(1)
    assert own.told() == [
        ["counter", "fills", "Orders filled.", {"side": "buy"}, 3],
        ["counter", "fills", "Orders filled.", {"side": "1"}, 0.5],
        ["gauge", "depth", "", {}, -2],
    ]


def test_the_order_of_labels_is_no_difference() -> None:
    own = meters()
    assert own.gauge("g", "", {"a": 1, "b": 2}) is own.gauge("g", "", {"b": 2, "a": 1})


def test_what_is_not_finite_is_not_told() -> None:
    own = meters()
    own.gauge("ratio", "", {}).set(float("nan"))
    own.gauge("limit", "", {}).set(float("inf"))
    assert own.told() == []


@pytest.mark.parametrize("name", ["", "1st", "a-b", "orchestrator_up", "__x", "a:b", "ä"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(NodeError, match="no name for a gauge"):
        meters().gauge(name, "", {})


@pytest.mark.parametrize("label", ["node", "instance_name", "le", "a-b", "__a"])
def test_labels_that_cannot_be(label: str) -> None:
    with pytest.raises(NodeError, match="no name for a label"):
        meters().counter("n", "", {label: 1})


def test_a_name_is_of_one_kind() -> None:
    own = meters()
    own.counter("n", "", {})
    with pytest.raises(NodeError, match="'n' is a counter already"):
        own.gauge("n", "", {})


def test_a_counter_does_not_go_down() -> None:
    with pytest.raises(ValueError, match="cannot go down"):
        meters().counter("n", "", {}).add(-1)


def test_their_number_is_bounded() -> None:
    said: list[str] = []
    own = meters(said)
    for number in range(MOST + 50):
        own.counter("n", "", {"order": number}).add()
    assert len(own.told()) == MOST
    assert said == [f"more than {MOST} counters and gauges: n and further ones are not told"]
    own.counter("n", "", {"order": 0}).add()  # those that are known go on
    assert own.told()[0][4] == 2
