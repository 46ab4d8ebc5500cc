"""The circuit breaker: a service that fails again and again is left alone for a while.

Pure: the time is a number that the caller gives. One breaker stands before one service, or before one of the
servers of a service (M. Nygard, Release It!, "Circuit Breaker").
"""

from __future__ import annotations

from enum import StrEnum

from orchestrator.wire.qos import Breaker


class BreakerState(StrEnum):
    CLOSED = "closed"
    """Everything passes."""
    OPEN = "open"
    """Nothing passes until `reset` is over."""
    HALF_OPEN = "half-open"
    """One request may try the service; its end decides."""


class CircuitBreaker:
    """Counts failures in a row, and says whether the service may be asked. Times are monotonic seconds."""

    __slots__ = ("_failures", "_opened_at", "_probe_at", "_settings", "opened")

    def __init__(self, settings: Breaker) -> None:
        self._settings = settings
        self._failures = 0
        self._opened_at: float | None = None
        self._probe_at: float | None = None
        """When the one request that tries the service was let through."""
        self.opened = 0
        """How often it has opened."""

    def state(self, now: float) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._opens_until() else BreakerState.HALF_OPEN

    def admits(self, now: float) -> bool:
        """Whether `admit` would let a request through."""
        state = self.state(now)
        if state is not BreakerState.HALF_OPEN:
            return state is BreakerState.CLOSED
        # One that tries the service and never tells how it ended must not keep it shut for ever.
        return self._probe_at is None or now >= self._probe_at + self._settings.reset_s

    def admit(self, now: float) -> bool:
        """Let a request through, or not. One that passes has to tell its end by `succeeded`, `failed` or
        `gave_up`."""
        if not self.admits(now):
            return False
        if self._opened_at is not None:
            self._probe_at = now
        return True

    def succeeded(self) -> None:
        """The service has answered: whatever was before, it works."""
        self._failures = 0
        self._opened_at = self._probe_at = None

    def failed(self, now: float) -> None:
        """The service has not answered."""
        self._failures += 1
        probing = self._opened_at is not None and self.state(now) is BreakerState.HALF_OPEN
        if probing or (self._opened_at is None and self._failures >= self._settings.failures):
            self._opened_at, self._probe_at = now, None
            self.opened += 1

    def gave_up(self) -> None:
        """A request ended without saying anything about the service: the next one may try it."""
        self._probe_at = None

    def opens_in(self, now: float) -> float:
        """Seconds until a request may try the service; 0 when one may now."""
        if self.admits(now) or self._opened_at is None:
            return 0.0
        if self._probe_at is not None:
            return max(0.0, self._probe_at + self._settings.reset_s - now)
        return max(0.0, self._opens_until() - now)

    def _opens_until(self) -> float:
        assert self._opened_at is not None
        return self._opened_at + self._settings.reset_s
