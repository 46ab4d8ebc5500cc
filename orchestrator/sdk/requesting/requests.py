"""Requests and their replies, on the side that asks: attempts, the breaker, failover, many side by side.

Follows the guide's Lazy Pirate and Freelance patterns. Knows of its socket only the `Line`; the other side is
in `answering.py`.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

from orchestrator.sdk import tracing
from orchestrator.sdk.errors import BreakerOpen, DeadlineExceeded, RequestFailed, Timeout
from orchestrator.sdk.reports.request_counters import RequestCounters
from orchestrator.sdk.requesting.backoff import longest_s
from orchestrator.sdk.requesting.breaker import BreakerState, CircuitBreaker
from orchestrator.sdk.requesting.calls import Call, Calls, Due
from orchestrator.sdk.requesting.error_replies import UNAVAILABLE
from orchestrator.sdk.requesting.servers import Servers
from orchestrator.wire.envelope import MessageId
from orchestrator.wire.qos import Failover, QoS, Retry


class Line(Protocol):
    """What of a socket is needed to ask."""

    name: str

    def ask(
        self, message: Any, *, request: MessageId | None, attempt: int, deadline_ns: int | None
    ) -> MessageId | None:
        """Send one copy of a request, without waiting. `request`: the id of the first copy, None for that
        one itself. Returns the id of what was sent, or None when there is no room."""

    def switch(self, index: int) -> None:
        """Leave the server that it is connected to, for the one with this number."""


class Requests:
    """The requests of one socket. Belongs to the thread that runs the node."""

    def __init__(
        self,
        line: Line,
        qos: QoS,
        servers: int = 0,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.line = line
        self.counters = RequestCounters(self.state)
        self._clock = clock
        self._wall_ns = wall_ns
        self.retry: Retry | None = qos.retry or (Retry() if qos.failover is not None else None)
        self._calls = Calls(self.retry, chance)
        self._copies = max(1, servers) if qos.failover is Failover.SHOTGUN else 1
        self._servers = Servers(servers, qos.breaker) if qos.failover is Failover.SEQUENTIAL else None
        self._breaker = CircuitBreaker(qos.breaker) if qos.breaker is not None else None
        if self._servers is not None:
            self._breaker = None

    # ------------------------------------------------------------------ asking

    def begin(self, message: Any, timeout: float | None = None) -> Call:
        """A request; `run` sends it. `timeout`: for all of it, in seconds.

        Raises BreakerOpen and DeadlineExceeded.
        """
        now = self._clock()
        limit, chained = self._limit(timeout)
        self._admit(now)
        call = self._calls.begin(message, now, now + limit)
        call.chained = chained
        self.counters.requests += 1
        self.counters.open = self._calls.open
        return call

    def _limit(self, timeout: float | None) -> tuple[float, bool]:
        """How long the request may take, and whether that is because of the message at hand."""
        limit = math.inf if timeout is None else timeout
        if self.retry is not None:
            limit = min(limit, longest_s(self.retry))
        left = tracing.time_left_s(self._wall_ns())
        if left is None or left > limit:
            return limit, False
        if left <= 0:
            raise DeadlineExceeded(f"socket {self.line.name!r}: the deadline of the message at hand is over")
        return left, True

    def _admit(self, now: float) -> None:
        if self._servers is not None:
            before = self._servers.current
            if not self._servers.choose(now):
                self._refuse(self._servers.opens_in(now))
            self._switched(before, now)
        breaker = self._present_breaker
        if breaker is not None and not breaker.admit(now):
            self._refuse(breaker.opens_in(now))

    def _refuse(self, retry_in_s: float) -> None:
        raise BreakerOpen(
            f"socket {self.line.name!r}: its service has failed too often, and is asked again in "
            f"{retry_in_s:.3g} s",
            retry_in_s=retry_in_s,
        )

    @property
    def _present_breaker(self) -> CircuitBreaker | None:
        return self._breaker if self._servers is None else self._servers.breaker

    def cancel(self, call: Call) -> None:
        """Whoever asked waits no longer."""
        if call.done:
            return
        breaker = self._present_breaker
        if breaker is not None:
            breaker.gave_up()
        self._finish(call, None)

    # ------------------------------------------------------------------ time passes

    def next_at(self) -> float:
        """When `run` has something to do, in monotonic seconds; infinity for never."""
        return self._calls.next_at()

    @property
    def open(self) -> int:
        """Requests that wait for their reply."""
        return self._calls.open

    def run(self) -> None:
        """Send, send again and give up what is due."""
        now = self._clock()
        for call, due in self._calls.due(now):
            match due:
                case Due.SEND if call.attempt and self.state(now) is BreakerState.OPEN:
                    self._give_up(call, now)  # other requests have shown meanwhile that it is of no use
                case Due.SEND:
                    self._calls.sending(call, now)
                    self.counters.retries += call.attempt > 1
                    self._send(call, now)
                case Due.ROOM:
                    self._send(call, now)
                case Due.UNANSWERED:
                    self.counters.timeouts += 1
                    self._failed(call, now)
                case Due.OVER:
                    self._over(call, now)

    def _send(self, call: Call, now: float) -> None:
        deadline = None
        if call.give_up_at < math.inf:
            deadline = self._wall_ns() + round((call.give_up_at - now) * 1e9)
        for copy in range(self._copies):
            number = self.line.ask(
                call.message, request=call.request, attempt=call.attempt, deadline_ns=deadline
            )
            if number is None:
                if not copy:
                    self._calls.blocked(call, now)
                    return
                break
            self._calls.sent(call, number)
        self._calls.waiting(call)

    def _failed(self, call: Call, now: float, said: Exception | None = None) -> None:
        """An attempt has failed. Another server is asked at once, as long as there is one that was not; the
        same one again after the pause. `said`: what the service answered, if it did."""
        if self._servers is not None and len(self._servers):
            before = self._servers.current
            switched = self._servers.failed(now)
            self._note_breaker(now)
            if self._servers.choose(now):
                self._calls.again(call, now, paused=not switched or call.attempt % len(self._servers) == 0)
            else:
                self._give_up(call, now, said)
            if switched:
                self._switched(before, now)
            return
        breaker = self._present_breaker
        if breaker is not None:
            breaker.failed(now)
            self._note_breaker(now)
            if breaker.state(now) is BreakerState.OPEN:
                self._give_up(call, now, said)
                return
        self._calls.again(call, now)

    def _switched(self, before: int, now: float) -> None:
        servers = self._servers
        if servers is None or servers.current == before:
            return
        self.counters.switched = servers.switched
        self.line.switch(servers.current)
        self._calls.resend(now)

    def _note_breaker(self, now: float) -> None:
        opened = self._servers.opened if self._servers is not None else 0
        self.counters.opened = opened if self._breaker is None else self._breaker.opened

    def state(self, now: float) -> BreakerState | None:
        """The breaker's; None where there is none."""
        if self._servers is not None:
            return self._servers.state(now)
        return None if self._breaker is None else self._breaker.state(now)

    def _over(self, call: Call, now: float) -> None:
        """Its time is over. An attempt that is under way then is one more without a reply."""
        if call.is_under_way:
            self.counters.timeouts += 1
            breaker = self._present_breaker
            if breaker is not None:
                breaker.failed(now)
                self._note_breaker(now)
        self._give_up(call, now)

    def _give_up(self, call: Call, now: float, said: Exception | None = None) -> None:
        name = self.line.name
        tried = {0: "no attempt", 1: "1 attempt"}.get(call.attempt, f"{call.attempt} attempts")
        if said is None and call.chained and now >= call.give_up_at:
            said = DeadlineExceeded(
                f"socket {name!r}: no reply to {tried} before the deadline of the message at hand"
            )
        also = "; its breaker is open now" if self.state(now) is BreakerState.OPEN else ""
        self._finish(call, said or Timeout(f"socket {name!r}: no reply to {tried}{also}"))

    def _finish(self, call: Call, outcome: Any) -> None:
        call.outcome = outcome
        self.counters.failed += isinstance(outcome, Exception)
        self._calls.finish(call)
        self.counters.open = self._calls.open

    def aim(self, servers: int, current: int) -> None:
        """The topology has changed: there are so many servers now, and the socket is connected to this
        one."""
        if self._servers is not None:
            self._servers.resize(servers, current)
            self._calls.resend(self._clock())

    # ------------------------------------------------------------------ replies

    def expects(self, number: MessageId) -> bool:
        """Whether somebody waits for the answer to this message. Counted as stale when nobody does."""
        if self._calls.answered(number) is not None:
            return True
        self.counters.stale += 1
        return False

    def only(self) -> MessageId | None:
        """The attempt that a reply without any mark answers: the last one of the only request there is."""
        return self._calls.only()

    def answer(self, number: MessageId, reply: Any) -> None:
        """The reply to a message for which `expects` was true: a value, or the exception that stands for
        it."""
        call = self._calls.answered(number)
        if call is None:
            return
        now = self._clock()
        if isinstance(reply, RequestFailed) and reply.code == UNAVAILABLE:
            self._unavailable(call, reply, now)
            return
        breaker = self._present_breaker
        if breaker is not None:
            breaker.succeeded()
        self._finish(call, reply)

    def _unavailable(self, call: Call, reply: RequestFailed, now: float) -> None:
        """The service says itself that it should be asked again, or another one."""
        self._failed(call, now, reply)
        if not call.done and (self.retry is None or call.attempt >= self.retry.attempts):
            self._finish(call, reply)


__all__ = ["Line", "RequestCounters", "Requests"]
