"""The arithmetic of restarts: how long to wait, and how many are too many. Numbers in, numbers out."""

from __future__ import annotations

import random
from collections.abc import Iterable

from orchestrator.model.types import Backoff


def backoff_delay(backoff: Backoff, failures: int, *, seed: int, unit: str, attempt: int) -> float:
    """Seconds to wait after the `failures`-th failure in a row: initial * factor ** (failures - 1), within 0
    and max.

    The jitter spreads units that failed together. It is a function of its arguments: a replay gives the same
    delays.
    """
    low, high = 1 - backoff.jitter, 1 + backoff.jitter
    spread = low + (high - low) * random.Random(f"{seed}:{unit}:{attempt}").random()
    return max(0.0, min(backoff.max_s, _grown(backoff, failures) * spread))


def _grown(backoff: Backoff, failures: int) -> float:
    try:
        return min(backoff.max_s, backoff.initial_s * backoff.factor ** max(0, failures - 1))
    except OverflowError:
        return backoff.max_s


def recent(restarts: Iterable[float], *, now: float, window_s: float) -> tuple[float, ...]:
    """The restarts that still count: those less than `window_s` ago."""
    return tuple(at for at in restarts if now - at < window_s)


def is_stable(backoff: Backoff, ready_s: float) -> bool:
    """Whether an attempt that was ready for so long makes the failures before it count no more.

    It must have been ready longer than the longest pause between attempts: a unit that fails faster than that
    is still in the same trouble.
    """
    return ready_s > backoff.max_s
