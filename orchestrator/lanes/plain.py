"""Numbers that a socket and its node keep, where nothing is compiled: bases of the SDK's own classes."""

from __future__ import annotations

from typing import Any


class Tally:
    """What went through a socket."""

    __slots__ = ("number", "received", "received_bytes", "sent", "sent_bytes")

    def __init__(self) -> None:
        self.sent = 0
        self.sent_bytes = 0
        self.received = 0
        self.received_bytes = 0
        self.number = 0


class Row:
    """What came from a sender."""

    __slots__ = ("next", "received", "topics")

    def __init__(self) -> None:
        self.next = 0
        self.received = 0
        self.topics: dict[Any, int] = {}


class Steps:
    """What a loop has done."""

    __slots__ = ("busy_since", "steps")

    def __init__(self) -> None:
        self.steps = 0
        self.busy_since = 0.0


class Last:
    """The message that came last."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data: bytes | memoryview = b""


class Traced:
    """The trace of a piece of work, where whoever made the work knows it."""

    __slots__ = ()

    def fixed(self) -> tuple[bytes, bytes, int] | None:
        return None

    def fix(self, trace_id: bytes, span_id: bytes, flags: int, /) -> None:
        pass

    def forget(self) -> None:
        pass
