"""Requests that wait for their replies: which attempt of which request a reply answers, and what is due when.

Pure: the time is a number, and nothing is sent here. `requests.py` does what this says.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final

from orchestrator.sdk.requesting.backoff import pause_s
from orchestrator.wire.envelope import MessageId
from orchestrator.wire.qos import Retry

ROOM_S: Final = 0.01
"""How often a request that found no room is tried again."""


class Due(StrEnum):
    """What a call needs when its time has come."""

    SEND = "send"
    """The next attempt."""
    ROOM = "room"
    """To see whether there is room now for the attempt that found none."""
    UNANSWERED = "unanswered"
    """An attempt has got no reply in its time. Told before what follows from it."""
    OVER = "over"
    """Nobody waits any longer: `attempts` are used up, or the time that the caller gave is."""


class _Phase(StrEnum):
    WAITING = "waiting"
    """For the reply to an attempt."""
    PAUSING = "pausing"
    """Until the next attempt."""
    BLOCKED = "blocked"
    """There is no room to send the attempt."""
    DONE = "done"


class Call:
    """One request, with all its attempts. Times are monotonic seconds."""

    __slots__ = (
        "attempt",
        "attempt_ends",
        "chained",
        "give_up_at",
        "ids",
        "message",
        "on_done",
        "outcome",
        "phase",
        "request",
        "until",
    )

    def __init__(self, message: Any, give_up_at: float) -> None:
        self.message = message
        """What is sent, and sent again."""
        self.give_up_at = give_up_at
        self.chained = False
        """Whether that is the deadline of the message that the node is at."""
        self.attempt = 0
        """How often it has been sent."""
        self.ids: list[MessageId] = []
        """Of each time it was sent; a shotgun sends one attempt several times."""
        self.request: MessageId | None = None
        """The id of its first attempt, by which the replier knows it again."""
        self.phase = _Phase.PAUSING
        self.until = 0.0
        """When something is due."""
        self.attempt_ends = math.inf
        """Until when the present attempt waits."""
        self.outcome: Any = None
        """The reply, or the exception that stands for it; for whoever made the call."""
        self.on_done: list[Callable[[Call], None]] = []
        """Called once it is done."""

    @property
    def done(self) -> bool:
        return self.phase is _Phase.DONE

    @property
    def is_under_way(self) -> bool:
        """Whether an attempt waits for its reply, or for room."""
        return self.phase in (_Phase.WAITING, _Phase.BLOCKED)


class Calls:
    """The requests of one socket that wait for replies.

    `retry` None: one attempt, which waits as long as the caller does.
    """

    def __init__(self, retry: Retry | None, chance: Callable[[], float]) -> None:
        self._retry = retry
        self._chance = chance
        """Returns a random number from 0 to 1."""
        self._by_id: dict[MessageId, Call] = {}
        self._heap: list[tuple[float, int, Call]] = []
        self._order = itertools.count()
        self.open = 0
        """Calls that are not done."""

    def begin(self, message: Any, now: float, give_up_at: float = math.inf) -> Call:
        """A new call; its first attempt is due at once."""
        call = Call(message, give_up_at)
        self.open += 1
        self._schedule(call, now)
        return call

    def sending(self, call: Call, now: float) -> None:
        """An attempt is about to be sent: its time runs."""
        call.attempt += 1
        call.attempt_ends = math.inf if self._retry is None else now + self._retry.timeout_s
        self.waiting(call)

    def waiting(self, call: Call) -> None:
        """The attempt has left: its reply may come."""
        call.phase = _Phase.WAITING
        self._schedule(call, call.attempt_ends)

    def blocked(self, call: Call, now: float) -> None:
        """There was no room for the attempt: ROOM is due soon, as long as its time has not run out."""
        call.phase = _Phase.BLOCKED
        self._schedule(call, min(now + ROOM_S, call.attempt_ends))

    def resend(self, now: float) -> None:
        """What waits for a reply of a server that was left is sent again at once, and that attempt does not
        count."""
        for call in {id(c): c for c in self._by_id.values()}.values():
            if call.phase is _Phase.WAITING and call.attempt:
                call.attempt -= 1
                call.phase = _Phase.PAUSING
                self._schedule(call, now)

    def sent(self, call: Call, number: MessageId) -> None:
        """The attempt went out as this message."""
        call.ids.append(number)
        if call.request is None:
            call.request = number
        self._by_id[number] = call

    def again(self, call: Call, now: float, *, paused: bool = True) -> None:
        """The attempt has failed: the next is due after the pause, or at once; or none is left."""
        retry = self._retry
        if retry is None or call.attempt >= retry.attempts:
            call.phase, call.give_up_at = _Phase.PAUSING, now
            self._schedule(call, now)
            return
        call.phase = _Phase.PAUSING
        self._schedule(call, now + (pause_s(retry, call.attempt, self._chance()) if paused else 0.0))

    def answered(self, number: MessageId) -> Call | None:
        """The call that a reply belongs to, whichever attempt it answers. None: nobody waits for it."""
        return self._by_id.get(number)

    def only(self) -> MessageId | None:
        """The message that a reply answers which does not say: the last one of the only call there is."""
        return next(reversed(self._by_id), None) if self.open == 1 else None

    def finish(self, call: Call) -> None:
        """It has its reply, or will get none. Replies that come later are stale."""
        if call.done:
            return
        call.phase = _Phase.DONE
        self.open -= 1
        for told in call.on_done:
            told(call)
        for number in call.ids:
            self._by_id.pop(number, None)
        if not self.open:
            self._heap.clear()

    def due(self, now: float) -> Iterator[tuple[Call, Due]]:
        """What has to be done now. After SEND the caller calls `sending`, after ROOM `waiting` or `blocked`,
        after UNANSWERED `again`, after OVER `finish`; each call comes again when something else is due."""
        while self._heap and self._heap[0][0] <= now:
            at, _, call = heapq.heappop(self._heap)
            if call.done or at != call.until:
                continue  # it was put off, or is done
            if now >= call.give_up_at:
                yield call, Due.OVER
            elif call.phase is _Phase.PAUSING:
                yield call, Due.SEND
            elif call.phase is _Phase.BLOCKED and now < call.attempt_ends:
                yield call, Due.ROOM
            else:
                yield call, Due.UNANSWERED

    def next_at(self) -> float:
        """When something will be due; infinity for never."""
        heap = self._heap
        while heap and (heap[0][2].done or heap[0][0] != heap[0][2].until):
            heapq.heappop(heap)
        return heap[0][0] if heap else math.inf

    def _schedule(self, call: Call, at: float) -> None:
        call.until = min(at, call.give_up_at)
        if call.until < math.inf:
            heapq.heappush(self._heap, (call.until, next(self._order), call))


__all__ = ["Call", "Calls", "Due"]
