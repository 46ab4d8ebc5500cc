"""What is said of heartbeats speaks of those who still have one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from orchestrator.runtime.seen import Seen


class Beats:
    def meters(self) -> dict[str, Any]:
        return {}


class Control:
    beats = Beats()
    round_trips_s: dict[str, float] = {}  # noqa: RUF012 - never changed

    def ages(self, _now: float) -> dict[str, float]:
        return {"task": 1388.0, "service": 0.4}

    def traffic(self) -> dict[str, Any]:
        return {}


class Running(Seen):
    _control = Control()  # type: ignore[assignment]  # it has what is asked
    plan = SimpleNamespace(topology="t")  # type: ignore[assignment]

    def snapshot(self) -> Any:
        units = [
            SimpleNamespace(unit="task", ready=True, settled=True, reason=""),
            SimpleNamespace(unit="service", ready=True, settled=False, reason=""),
        ]
        return SimpleNamespace(units={unit.unit: unit for unit in units})


def test_a_task_that_has_ended_has_no_heartbeat() -> None:
    assert Running().vitals().heartbeat_ages_s == {"service": 0.4}
