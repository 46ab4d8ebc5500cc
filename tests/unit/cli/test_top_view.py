"""What `top` shows of a status: rows that fit, rates, orders, the selected row in sight."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestrator.cli.top_view import Load, Meter, View, ordered, screen


def unit(name: str, **facts: Any) -> dict[str, Any]:
    return {
        "unit": name,
        "instances": [name],
        "state": "ready",
        "state_age_s": 1.0,
        "reason": f"{name} runs",
        "restarts": 0,
        "pid": 10,
        "cpu_s": 0.0,
        "memory_bytes": 1 << 20,
        "heartbeat_age_s": 0.5,
        "round_trip_s": 0.001,
        "last_exit": None,
        **facts,
    }


def status(*units: dict[str, Any], traffic: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"project": "lab", "state": "ready", "since": 0.0, "units": list(units), "traffic": traffic or []}


def counted(instance: str, received: int, sent: int, lost: int = 0) -> dict[str, Any]:
    return {"instance": instance, "received": received, "sent": sent, "dropped": lost, "undecodable": 0}


def plain(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


def test_rates_are_what_happened_between_two_looks():
    meter = Meter()
    meter.loads(status(unit("a"), traffic=[counted("a", 100, 0)]), 10.0)
    load = meter.loads(status(unit("a", cpu_s=1.0), traffic=[counted("a", 300, 50, lost=3)]), 12.0)["a"]
    assert (load.cpu, load.received, load.sent, load.lost) == (0.5, 100.0, 25.0, 3)


def test_a_new_process_begins_from_nothing():
    meter = Meter()
    meter.loads(status(unit("a", cpu_s=50.0), traffic=[counted("a", 10_000, 0)]), 10.0)
    assert meter.loads(status(unit("a", pid=11), traffic=[counted("a", 5, 0)]), 11.0)["a"] == Load()


def test_instances_of_a_shared_process_add_up():
    meter, shared = Meter(), unit("both", instances=["a", "b"])
    meter.loads(status(shared, traffic=[counted("a", 0, 0), counted("b", 0, 0)]), 0.0)
    found = meter.loads(status(shared, traffic=[counted("a", 10, 0), counted("b", 5, 7)]), 1.0)
    assert (found["both"].received, found["both"].sent) == (15.0, 7.0)


@pytest.mark.parametrize(
    ("order", "names"),
    [("start", "a b c"), ("cpu", "c a b"), ("memory", "b a c"), ("restarts", "c a b"), ("state", "b a c")],
)
def test_the_most_comes_first(order, names):
    units = [unit("a"), unit("b", memory_bytes=1 << 30, state="failed"), unit("c", restarts=3)]
    found = ordered(units, {"c": Load(cpu=0.9)}, order)
    assert " ".join(u["unit"] for u in found) == names


@pytest.mark.parametrize("rows", [7, 10, 24])
@pytest.mark.parametrize("columns", [20, 80, 200])
def test_it_fits_the_screen_and_the_selected_row_is_in_sight(rows, columns):
    units = [unit(f"worker-{n}") for n in range(50)]
    view = View()
    for steps in (0, 1, 30, 100, -45, -100):
        view.move(units, steps)
        lines = plain(screen(status(*units), {}, view, columns, rows))
        assert len(lines) <= rows
        assert all(len(line) <= columns for line in lines)
        assert view.selected is not None
        assert any(line.startswith(view.selected) for line in lines)


def test_a_unit_that_is_gone_is_selected_no_more():
    view = View(selected="gone")
    screen(status(unit("a")), {}, view, 80, 24)
    assert view.selected == "a"
    screen(status(), {}, view, 80, 24)
    assert view.selected is None
