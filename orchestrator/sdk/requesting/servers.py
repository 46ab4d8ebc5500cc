"""Which of several servers is asked: `failover: sequential` (the guide's Freelance pattern, model one).

Pure: the time is a number. The socket is connected to one server at a time; the one that works is kept.
"""

from __future__ import annotations

from orchestrator.sdk.requesting.breaker import BreakerState, CircuitBreaker
from orchestrator.wire.qos import Breaker


class Servers:
    """The servers of one socket, in the order of the file, each with a breaker of its own if there is one."""

    def __init__(self, count: int, breaker: Breaker | None) -> None:
        self._settings = breaker
        self._breakers = [self._new() for _ in range(count)]
        self.current = 0
        """Which one is asked."""
        self.switched = 0
        """How often another one was taken."""

    def __len__(self) -> int:
        return len(self._breakers)

    @property
    def breaker(self) -> CircuitBreaker | None:
        """That of the server which is asked now."""
        return self._breakers[self.current] if self._breakers else None

    @property
    def opened(self) -> int:
        """How often a breaker has opened, of all servers."""
        return sum(b.opened for b in self._breakers if b is not None)

    def state(self, now: float) -> BreakerState | None:
        """The best state of any of them: as long as one may be asked, the service is there. None: they have
        no breaker."""
        states = {b.state(now) for b in self._breakers if b is not None}
        return next((s for s in _BEST_FIRST if s in states), None)

    def choose(self, now: float) -> bool:
        """Go on to a server that may be asked, if the current one may not. False: none may."""
        return self._may(self.current, now) or self._advance(now)

    def failed(self, now: float) -> bool:
        """The current one has not answered. Whether another one was taken."""
        breaker = self.breaker
        if breaker is not None:
            breaker.failed(now)
        return self._advance(now)

    def opens_in(self, now: float) -> float:
        """Seconds until the first of them may be asked."""
        return min((b.opens_in(now) for b in self._breakers if b is not None), default=0.0)

    def resize(self, count: int, current: int) -> None:
        """There are so many now, and this one is asked."""
        self._breakers = self._breakers[:count] + [self._new() for _ in range(count - len(self._breakers))]
        self.current = current

    def _new(self) -> CircuitBreaker | None:
        return None if self._settings is None else CircuitBreaker(self._settings)

    def _may(self, index: int, now: float) -> bool:
        if not self._breakers:
            return True  # nothing to choose from: no address is known yet
        breaker = self._breakers[index]
        return breaker is None or breaker.admits(now)

    def _advance(self, now: float) -> bool:
        count = len(self._breakers)
        for step in range(1, count):
            index = (self.current + step) % count
            if self._may(index, now):
                self.current = index
                self.switched += 1
                return True
        return False


_BEST_FIRST = (BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN)
