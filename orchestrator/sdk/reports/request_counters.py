"""What became of the requests of a socket, as its node counts."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class RequestCounters:
    """What became of a socket's requests. Read by another thread."""

    __slots__ = ("failed", "open", "opened", "requests", "retries", "stale", "state", "switched", "timeouts")

    def __init__(self, state: Callable[[float], StrEnum | None]) -> None:
        self.state = state
        """The breaker's at a time (monotonic seconds); None where there is none."""
        self.requests = 0
        """Requests, each counted once."""
        self.open = 0
        """That wait for their reply now."""
        self.retries = 0
        """Attempts after the first."""
        self.timeouts = 0
        """Attempts without a reply in their time."""
        self.failed = 0
        """Requests that ended with an exception."""
        self.stale = 0
        """Replies for which nobody waited any more."""
        self.switched = 0
        """How often another server was taken."""
        self.opened = 0
        """How often the breaker has opened."""

    def told(self, now: float) -> dict[str, int | str]:
        """As BEAT tells it: zeros are left out."""
        numbers = {name: getattr(self, name) for name in self.__slots__ if name != "state"}
        body: dict[str, int | str] = {name: number for name, number in numbers.items() if number}
        state = self.state(now)
        return body if state is None else {**body, "breaker": state.value}


class AnswerCounters:
    """What became of the requests of a socket. Read by another thread."""

    __slots__ = ("duplicates", "errors", "expired")

    def __init__(self) -> None:
        self.expired = 0
        """Requests that came, or were reached, after their deadline."""
        self.duplicates = 0
        """Requests that came again."""
        self.errors = 0
        """Standard error replies that were sent."""

    def told(self) -> dict[str, int]:
        """As BEAT tells it: zeros are left out."""
        return {name: number for name in self.__slots__ if (number := getattr(self, name))}
