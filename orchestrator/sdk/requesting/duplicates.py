"""What a replier remembers of the requests it got: one that comes again is answered again, not handled again.

Pure: the time is a number (monotonic seconds). Bounded in number, in bytes and in time.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum
from typing import Any, Final

from orchestrator.wire.envelope import MessageId
from orchestrator.wire.qos import DEDUPLICATION_S

MOST: Final = 10_000
"""Requests that are remembered; the oldest are forgotten first."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Bytes of all replies that are kept. Of an older one only its id is: that request is refused when it comes
again."""


class Known(StrEnum):
    """What is known of a request that comes again."""

    IN_HAND = "in hand"
    """It is being handled; its reply comes."""
    ANSWERED = "answered"
    """Its reply is kept."""
    FORGOTTEN = "forgotten"
    """It was answered, and the reply was too large to be kept with the others."""


class _Request:
    __slots__ = ("at", "known", "reply", "size", "to")

    def __init__(self, at: float) -> None:
        self.at = at
        self.known = Known.IN_HAND
        self.reply: Any = None
        self.size = 0
        self.to: Any = None
        """Who asked again meanwhile."""


class Duplicates:
    """The requests of the last `window_s` seconds."""

    def __init__(
        self, window_s: float = DEDUPLICATION_S, most: int = MOST, most_bytes: int = MOST_BYTES
    ) -> None:
        self._window_s = window_s
        self._most = most
        self._most_bytes = most_bytes
        self._requests: OrderedDict[MessageId, _Request] = OrderedDict()
        """The oldest first."""
        self._kept: OrderedDict[MessageId, _Request] = OrderedDict()
        """Those with a reply, the one that was stored first in front."""
        self.bytes = 0
        """Of all replies that are kept."""

    def __len__(self) -> int:
        return len(self._requests)

    def begin(self, request: MessageId, now: float) -> Known | None:
        """A request comes in. None: it is new, and is to be handled."""
        self._expire(now)
        known = self._requests.get(request)
        if known is not None:
            return known.known
        self._requests[request] = _Request(now)
        while len(self._requests) > self._most:
            self._drop(*self._requests.popitem(last=False))
        return None

    def reply(self, request: MessageId) -> Any:
        """The reply of a request that is ANSWERED."""
        return self._requests[request].reply

    def redirect(self, request: MessageId, to: Any) -> None:
        """Its reply is to go here as well: the peer that asked first may be gone."""
        self._requests[request].to = to

    def answered(self, request: MessageId, reply: Any, size: int, now: float) -> Any:
        """Keep the reply (of `size` bytes) to a request that was in hand. Returns what `redirect` gave."""
        found = self._requests.get(request)
        if found is None or found.known is not Known.IN_HAND:
            return None  # it was forgotten meanwhile, or a handler answers twice
        self._requests.move_to_end(request)
        found.at, found.known = now, Known.FORGOTTEN
        to, found.to = found.to, None
        if size <= self._most_bytes:
            found.known, found.reply, found.size = Known.ANSWERED, reply, size
            self._kept[request] = found
            self.bytes += size
            while self.bytes > self._most_bytes:
                self._forget_reply(*self._kept.popitem(last=False))
        return to

    def forget(self, request: MessageId) -> None:
        """It was not handled after all: when it comes again, it is new."""
        found = self._requests.pop(request, None)
        if found is not None:
            self._drop(request, found)

    def _expire(self, now: float) -> None:
        oldest = now - self._window_s
        while self._requests:
            request, found = next(iter(self._requests.items()))
            if found.at > oldest:
                return
            if found.known is Known.IN_HAND:  # a handler that takes long still has to be known
                found.at = now
                self._requests.move_to_end(request)
            else:
                self._drop(request, self._requests.pop(request))

    def _drop(self, request: MessageId, found: _Request) -> None:
        if self._kept.pop(request, None) is not None:
            self.bytes -= found.size

    def _forget_reply(self, _request: MessageId, found: _Request) -> None:
        self.bytes -= found.size
        found.known, found.reply, found.size = Known.FORGOTTEN, None, 0


__all__ = ["Duplicates", "Known"]
