"""When a node has finished what it has; who holds its sends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.sdk.control import draining
from orchestrator.sdk.control.draining import Drain, owes
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.vocabulary import SocketType


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(draining.time, "monotonic", lambda: self.now)

    def looks(self, drain: Drain, times: int, step: float = 0.02, **seen: int) -> bool:
        for _ in range(times):
            self.now += step
            drain.note(**{"waiting": False, "received": 5, **seen})
        return drain.quiet


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def drain() -> Drain:
    return Drain(lambda: None)


def test_silence_for_long_enough_is_the_end(clock: Clock, drain: Drain) -> None:
    assert not clock.looks(drain, 5)
    assert clock.looks(drain, 2)


@pytest.mark.parametrize("news", [{"waiting": True}, {"received": 6}])
def test_a_message_begins_it_anew(clock: Clock, drain: Drain, news: dict[str, int]) -> None:
    clock.looks(drain, 5)
    clock.looks(drain, 1, **news)
    assert not clock.looks(drain, 5)
    assert clock.looks(drain, 3)


def test_looks_that_come_late_prove_nothing(clock: Clock, drain: Drain) -> None:
    assert not clock.looks(drain, 50, step=0.07)
    assert clock.looks(drain, 50, step=0.07, steady=False)


def test_many_looks_at_once_prove_nothing(clock: Clock, drain: Drain) -> None:
    assert not clock.looks(drain, 100, step=0.0005)


def test_answers_that_are_owed_are_waited_for_longer_but_not_for_ever(clock: Clock, drain: Drain) -> None:
    assert not clock.looks(drain, 40, owed=True)
    assert clock.looks(drain, 20, owed=True)


def test_what_was_quiet_may_get_something_yet(clock: Clock, drain: Drain) -> None:
    clock.looks(drain, 10)
    assert not clock.looks(drain, 1, waiting=True)


@pytest.fixture
def control() -> NodeControl:
    return NodeControl()


def test_holds_count_by_their_numbers(control: NodeControl) -> None:
    control.hold("out", 1, 10.0)
    control.hold("out", 2, 20.0)
    control.hold("more", 1, 10.0)
    assert (control.held_until("out"), control.held_until("more"), control.held_until("in")) == (
        20.0,
        10.0,
        0,
    )
    control.release(2)
    assert control.held_until("out") == 10.0
    control.release(1)
    control.release(1)
    assert not control.holds
    control.close()


def test_asked_to_finish_twice_is_asked_once(control: NodeControl) -> None:
    control.finish()
    first = control.drain
    control.finish()
    assert control.drain is first
    assert (control.ending, control.stopping) == (True, False)
    control.close()


@pytest.mark.parametrize(
    ("kind", "counted", "expected"),
    [
        ("ROUTER", {"received": 3, "sent": 2}, True),
        ("ROUTER", {"received": 3, "sent": 1, "undecodable": 1, "undeliverable": 1}, False),
        ("ROUTER", {"received": 3, "sent": 2, "failed": 1}, False),
        ("DEALER", {"received": 3, "sent": 4}, True),
        ("PULL", {"received": 3}, False),
    ],
)
def test_what_is_owed(kind: str, counted: dict[str, int], expected: bool) -> None:
    counters = SocketCounters()
    for name, number in counted.items():
        setattr(counters, name, number)
    socket: Any = SimpleNamespace(type=SocketType(kind), counters=counters)
    assert owes(socket) is expected
