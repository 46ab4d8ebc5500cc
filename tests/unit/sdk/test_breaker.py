"""The circuit breaker, driven by numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk.requesting.breaker import BreakerState, CircuitBreaker
from orchestrator.wire.qos import Breaker


def opened(failures: int = 3, reset_s: float = 10) -> CircuitBreaker:
    breaker = CircuitBreaker(Breaker(failures=failures, reset_s=reset_s))
    for _ in range(failures):
        assert breaker.admit(0)
        breaker.failed(0)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = CircuitBreaker(Breaker(failures=2, reset_s=10))
    breaker.failed(0)
    breaker.succeeded()
    breaker.failed(1)
    assert breaker.admit(1)
    breaker.failed(2)
    assert breaker.state(2) is BreakerState.OPEN
    assert not breaker.admit(2)
    assert breaker.opens_in(2) == 10
    assert breaker.opened == 1


def test_one_request_tries_the_service_when_the_time_is_over() -> None:
    breaker = opened()
    assert breaker.state(10) is BreakerState.HALF_OPEN
    assert breaker.admit(10)
    assert not breaker.admit(10.5)
    breaker.succeeded()
    assert breaker.state(11) is BreakerState.CLOSED
    assert breaker.admit(11)


def test_the_failure_of_the_one_opens_it_again_for_the_whole_time() -> None:
    breaker = opened()
    assert breaker.admit(12)
    breaker.failed(13)
    assert breaker.state(22.9) is BreakerState.OPEN
    assert breaker.state(23) is BreakerState.HALF_OPEN
    assert breaker.opened == 2


def test_a_late_failure_does_not_make_it_longer() -> None:
    breaker = opened()
    breaker.failed(5)
    assert breaker.state(10) is BreakerState.HALF_OPEN
    assert breaker.opened == 1


def test_one_that_gives_up_makes_room_for_another() -> None:
    breaker = opened()
    assert breaker.admit(10)
    breaker.gave_up()
    assert breaker.admit(10)


def test_one_that_is_never_heard_of_again_does_not_shut_it_for_ever() -> None:
    breaker = opened()
    assert breaker.admit(10)
    assert not breaker.admit(19.9)
    assert breaker.opens_in(15) == 5
    assert breaker.admit(20)


def test_it_needs_as_many_failures_anew_after_it_has_closed() -> None:
    breaker = opened(failures=3)
    breaker.admit(10)
    breaker.succeeded()
    breaker.failed(11)
    breaker.failed(11)
    assert breaker.state(11) is BreakerState.CLOSED


STEPS = st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["ask", "ok", "fail", "give up"])), max_size=60)


@given(st.integers(1, 5), st.floats(0.1, 10), STEPS)
def test_whatever_happens_it_never_shuts_for_ever(
    failures: int, reset_s: float, steps: list[tuple[float, str]]
) -> None:
    breaker, now, row = CircuitBreaker(Breaker(failures=failures, reset_s=reset_s)), 0.0, 0
    for pause, what in steps:
        now += pause
        before = breaker.state(now)
        match what:
            case "ask":
                passed = breaker.admit(now)
                assert passed or before is not BreakerState.CLOSED
                assert not (passed and before is BreakerState.OPEN)
            case "ok":
                breaker.succeeded()
                row = 0
                assert breaker.state(now) is BreakerState.CLOSED
            case "fail":
                breaker.failed(now)
                row += 1
                assert (breaker.state(now) is BreakerState.CLOSED) == (row < failures)
            case _:
                breaker.gave_up()
        wait = breaker.opens_in(now)
        assert wait <= reset_s + 1e-9
        assert breaker.admits(now + wait + 1e-9)
