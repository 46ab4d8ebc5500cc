"""The arithmetic of restarts."""

from __future__ import annotations

import pytest

from orchestrator.model.types import Backoff
from orchestrator.supervision.restart import backoff_delay, is_stable, recent


def delay(backoff: Backoff, failures: int, *, seed: int = 1, unit: str = "a", attempt: int = 1) -> float:
    return backoff_delay(backoff, failures, seed=seed, unit=unit, attempt=attempt)


@pytest.mark.parametrize(
    ("failures", "expected"), [(0, 0.1), (1, 0.1), (2, 0.2), (3, 0.4), (7, 6.4), (8, 10.0), (10**6, 10.0)]
)
def test_delays_grow_by_the_factor_and_stay_below_the_maximum(failures: int, expected: float) -> None:
    assert delay(Backoff(jitter=0.0), failures) == pytest.approx(expected)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0])
def test_a_factor_may_be_small(factor: float) -> None:
    assert delay(Backoff(jitter=0.0, factor=factor), 1) == pytest.approx(0.1)
    assert delay(Backoff(jitter=0.0, factor=factor), 3) == pytest.approx(0.1 * factor**2)


def test_a_huge_factor_does_not_overflow() -> None:
    assert delay(Backoff(jitter=0.0, factor=1e308), 5) == 10.0


def test_jitter_spreads_within_its_bounds_and_can_be_repeated() -> None:
    backoff = Backoff(initial_s=1.0, jitter=0.2)
    delays = [delay(backoff, 1, attempt=attempt) for attempt in range(200)]
    assert all(0.8 <= d <= 1.2 for d in delays)
    assert max(delays) - min(delays) > 0.3
    assert delays == [delay(backoff, 1, attempt=attempt) for attempt in range(200)]


def test_units_and_seeds_differ() -> None:
    backoff = Backoff(initial_s=1.0, jitter=0.2)
    assert delay(backoff, 1, unit="a") != delay(backoff, 1, unit="b")
    assert delay(backoff, 1, seed=1) != delay(backoff, 1, seed=2)


def test_jitter_never_exceeds_the_maximum_and_never_goes_back_in_time() -> None:
    backoff = Backoff(initial_s=10.0, max_s=10.0, jitter=3.0)
    delays = [delay(backoff, 1, attempt=attempt) for attempt in range(200)]
    assert min(delays) == 0.0
    assert max(delays) == 10.0


def test_a_restart_counts_until_the_window_is_over() -> None:
    assert recent((0.0, 5.0, 9.0), now=10.0, window_s=5.0) == (9.0,)
    assert recent((), now=10.0, window_s=5.0) == ()


def test_stable_is_longer_than_the_longest_pause() -> None:
    assert not is_stable(Backoff(max_s=10.0), 10.0)
    assert is_stable(Backoff(max_s=10.0), 10.1)
