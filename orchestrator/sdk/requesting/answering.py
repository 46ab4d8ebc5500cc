"""Requests and their replies, on the side that answers: what is too late, what came before, what the reply
says of its request.

Only messages that say that they are requests (the envelope's extension REQUEST) are looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from orchestrator.sdk.reports.request_counters import AnswerCounters
from orchestrator.sdk.requesting.duplicates import Duplicates, Known
from orchestrator.wire.envelope import Header, MessageId


class Verdict(StrEnum):
    """What is to be done with a request."""

    HANDLE = "handle"
    EXPIRED = "expired"
    """Nobody waits for the answer any more."""
    REPEAT = "repeat"
    """Send the reply that is kept."""
    WAIT = "wait"
    """Its first copy is being handled; the reply to that goes to this one's sender, too."""
    REFUSE = "refuse"
    """It was handled, and the reply is gone."""


class Answering:
    """The requests that one REP or ROUTER gets. Belongs to the thread that runs the node."""

    def __init__(
        self,
        *,
        duplicates: Duplicates | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.counters = AnswerCounters()
        self._duplicates = duplicates or Duplicates()
        self._clock = clock
        self._wall_ns = wall_ns

    def judge(self, header: Header, peer: Any) -> Verdict:
        """A message has come in; `peer` is the way back to its sender."""
        request = header.request
        if request is None:
            return Verdict.HANDLE
        if header.deadline_ns is not None and self._wall_ns() > header.deadline_ns:
            self.counters.expired += 1
            return Verdict.EXPIRED
        known = self._duplicates.begin(request, self._clock())
        if known is None:
            return Verdict.HANDLE
        self.counters.duplicates += 1
        match known:
            case Known.IN_HAND:
                self._duplicates.redirect(request, peer)
                return Verdict.WAIT
            case Known.ANSWERED:
                return Verdict.REPEAT
            case Known.FORGOTTEN:
                return Verdict.REFUSE

    def reply(self, request: MessageId) -> Any:
        """What was stored for a request whose verdict is REPEAT."""
        return self._duplicates.reply(request)

    def answered(self, request: MessageId, reply: Any, size: int) -> Any:
        """The reply of `size` bytes has been sent: keep it. Returns the peer that has asked again meanwhile,
        and gets it as well; or None."""
        return self._duplicates.answered(request, reply, size, self._clock())

    def forget(self, request: MessageId) -> None:
        """The request was not handled: it is new when it comes again."""
        self._duplicates.forget(request)


__all__ = ["AnswerCounters", "Answering", "Verdict"]
