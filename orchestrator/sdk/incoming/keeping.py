"""The frames of the message that is at hand, for the dead letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.codecs.base import Codec, EncodeError
from orchestrator.wire.envelope import EnvelopeError, Flag, Header, is_enveloped, unpack

Tap = Callable[[list[bytes], bool], None]


class Kept:
    """What came in last on one socket."""

    __slots__ = ("frames",)

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def beside(self, tap: Tap | None) -> Tap:
        """A tap that keeps what comes in, and shows everything to `tap`."""

        def look(frames: list[bytes], sent: bool) -> None:
            if not sent:
                self.frames = frames
            if tap is not None:
                tap(frames, sent)

        return look

    def of(self, message: Any, codec: Codec) -> list[bytes]:
        """The frames of `message`. One of a batch has none of its own, and what lies in shared memory does
        not stay there: their payloads are made anew."""
        header = self._header()
        if header is None or message is None or (header.count <= 1 and not header.flags & Flag.SHARED):
            return self.frames
        try:
            return [codec.encode(message)]
        except EncodeError:
            return self.frames

    def sender(self) -> str:
        """Who sent it, as its envelope says."""
        header = self._header()
        return "" if header is None else header.sender

    def _header(self) -> Header | None:
        for frame in self.frames:
            if is_enveloped(frame):
                try:
                    return unpack(frame)
                except EnvelopeError:
                    return None
        return None
