"""Pauses between attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sdk.requesting.backoff import base_s, longest_s, pause_s
from orchestrator.wire.qos import Retry

RETRIES = st.builds(
    Retry,
    timeout_s=st.floats(0.001, 100),
    attempts=st.integers(1, 500),
    initial_s=st.floats(0, 100),
    factor=st.floats(1, 1e6),
    max_s=st.floats(0, 1000),
    jitter=st.floats(0, 1),
)


def test_pauses_grow_by_the_factor_up_to_the_longest() -> None:
    retry = Retry(initial_s=0.1, factor=2, max_s=0.5, jitter=0)
    assert [base_s(retry, n) for n in range(1, 6)] == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5])


def test_jitter_goes_both_ways() -> None:
    retry = Retry(initial_s=1, factor=2, max_s=10, jitter=0.25)
    assert pause_s(retry, 1, 0.0) == pytest.approx(0.75)
    assert pause_s(retry, 1, 0.5) == pytest.approx(1.0)
    assert pause_s(retry, 1, 1.0) == pytest.approx(1.25)


def test_there_is_no_pause_before_the_first_attempt() -> None:
    assert base_s(Retry(), 0) == 0


def test_three_attempts_take_three_timeouts_and_two_pauses() -> None:
    retry = Retry(timeout_s=1, attempts=3, initial_s=0.1, factor=2, max_s=10, jitter=0.5)
    assert longest_s(retry) == pytest.approx(3 + (0.1 + 0.2) * 1.5)


@given(RETRIES, st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_stays_within_its_bounds(retry: Retry, failures: int, chance: float) -> None:
    pause, base = pause_s(retry, failures, chance), base_s(retry, failures)
    assert 0 <= base <= retry.max_s
    assert base * (1 - retry.jitter) - 1e-9 <= pause <= base * (1 + retry.jitter) * (1 + 1e-9)


@given(RETRIES, st.integers(1, 200))
def test_no_pause_is_shorter_than_the_one_before(retry: Retry, failures: int) -> None:
    assert base_s(retry, failures) <= base_s(retry, failures + 1)


@given(RETRIES, st.floats(0, 1))
def test_no_request_takes_longer_than_is_said(retry: Retry, chance: float) -> None:
    taken = retry.attempts * retry.timeout_s
    taken += sum(pause_s(retry, failures, chance) for failures in range(1, retry.attempts))
    assert taken <= longest_s(retry) * (1 + 1e-9)
