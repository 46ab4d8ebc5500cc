"""How long to pause between two attempts: longer after each failure, never twice quite the same.

Pure: numbers in, numbers out. Knows no socket and no clock.
"""

from __future__ import annotations

from orchestrator.wire.qos import Retry


def base_s(retry: Retry, failures: int) -> float:
    """The pause after so many failures in a row (from 1), before jitter: `initial * factor^(failures - 1)`,
    at most `max`."""
    if failures < 1 or retry.initial_s <= 0:
        return 0.0
    try:
        grown = retry.initial_s * retry.factor ** (failures - 1)
    except OverflowError:
        return retry.max_s
    return min(retry.max_s, grown)


def pause_s(retry: Retry, failures: int, chance: float) -> float:
    """The pause itself. `chance` is a random number from 0 to 1: clients that failed together must not come
    back together (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/)."""
    return base_s(retry, failures) * (1 - retry.jitter + 2 * retry.jitter * chance)


def longest_s(retry: Retry) -> float:
    """The longest a request can take: all its attempts, and the pauses between them."""
    pauses = sum(base_s(retry, failures) for failures in range(1, min(retry.attempts, _MANY)))
    if retry.attempts > _MANY:
        pauses += (retry.attempts - _MANY) * retry.max_s
    return retry.attempts * retry.timeout_s + pauses * (1 + retry.jitter)


_MANY = 100
"""Pauses that are counted one by one; those after them are taken as the longest."""
