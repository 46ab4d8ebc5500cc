"""Timers: in order, never before their time, none lost when one raises."""

from __future__ import annotations

import pytest

from orchestrator.sdk.timers import Timers


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_they_run_in_the_order_of_their_times(clock):
    timers, ran = Timers(clock), []
    for when in (3, 1, 2, 2):
        timers.at(when, lambda w=when: ran.append(w))
    clock.now = 2.0
    timers.run()
    assert ran == [1, 2, 2]
    assert timers.next_at == 3
    assert timers.left_s() == 1.0
    assert timers.wait_ms(-1) == 1000
    assert timers.wait_ms(20) == 20


def test_a_cancelled_one_does_not_run(clock):
    timers, ran = Timers(clock), []
    timers.at(1, lambda: ran.append(1)).cancel()
    timers.at(2, lambda: ran.append(2))
    clock.now = 5
    timers.run()
    assert ran == [2]
    assert timers.left_s() is None
    assert timers.wait_ms(-1) == -1


def test_what_a_timer_adds_waits_for_the_next_turn(clock):
    timers, ran = Timers(clock), []

    def again() -> None:
        ran.append(1)
        timers.at(0, again)

    timers.at(0, again)
    timers.run()
    assert ran == [1]
    timers.run()
    assert ran == [1, 1]


def test_one_that_raises_does_not_take_the_others_along(clock):
    timers, ran = Timers(clock), []

    def fail() -> None:
        raise ValueError

    timers.at(1, fail)
    timers.at(1, lambda: ran.append(1))
    clock.now = 1
    with pytest.raises(ValueError):
        timers.run()
    assert timers.next_at == 1
    timers.run()
    assert ran == [1]


def test_an_earlier_one_is_announced(clock):
    timers, told = Timers(clock), []
    timers.on_sooner = lambda: told.append(timers.next_at)
    timers.at(5, lambda: None)
    timers.at(7, lambda: None)
    timers.at(3, lambda: None)
    assert told == [5, 3]


def test_a_timer_in_a_month_is_no_wait_that_poll_cannot_take():
    timers = Timers(lambda: 0.0)
    timers.at(31 * 86_400.0, lambda: None)
    assert 0 < timers.wait_ms(-1) < 2**31
