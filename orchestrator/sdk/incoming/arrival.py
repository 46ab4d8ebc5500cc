"""What the running code is at, read from the envelope of the message that was taken last, and only when
somebody asks: most handlers neither send nor log."""

from __future__ import annotations

from orchestrator.lanes import Last
from orchestrator.sdk.tracing import SAMPLED, Work
from orchestrator.wire.envelope import Header, MessageId, Trace, unpack


class Arrival(Work):
    """The work of a socket's last message. One object for all of them: `data` is set for each.

    Whoever goes on with it later, beside others, takes a `snapshot`.
    """

    __slots__ = ("_made", "last")

    def __init__(self) -> None:  # nothing of Work's own: all of it is read from `data`
        self.last = Last()
        """Its `data` begins with the envelope."""
        self._made: tuple[object, Work] | None = None

    @property
    def data(self) -> bytes | memoryview:
        """What begins with the envelope."""
        return self.last.data

    @data.setter
    def data(self, data: bytes | memoryview) -> None:
        self.last.data = data
        self.forget()

    def know(self, header: Header) -> None:
        """The header of `data` has been read already."""
        self._made = (self.data, work_of(header))

    def snapshot(self) -> Work:
        """The work of the present message, as a value of its own."""
        made, data = self._made, self.last.data
        if made is None or made[0] is not data:
            made = self._made = (data, work_of(unpack(data), self.fixed()))
        return made[1]

    @property
    def parent(self) -> Trace | None:  # type: ignore[override]
        return self.snapshot().parent

    @property
    def deadline_ns(self) -> int | None:  # type: ignore[override]
        return self.snapshot().deadline_ns

    @property
    def cause(self) -> MessageId | None:  # type: ignore[override]
        return self.snapshot().cause

    @property
    def request(self) -> MessageId | None:  # type: ignore[override]
        return self.snapshot().request

    @property
    def span(self) -> Trace:
        known = self.fixed()
        if known is not None:
            return Trace(*known)
        span = self.snapshot().span
        self.fix(*span)
        return span


def work_of(header: Header, span: tuple[bytes, bytes, int] | None = None) -> Work:
    """The work of the message with this header, whose span may be known already."""
    return Work(
        trace_of(header),
        header.deadline_ns,
        header.id,
        header.request or header.id,
        None if span is None else Trace(*span),
    )


def trace_of(header: Header) -> Trace:
    """The trace a message belongs to. One that carries none begins it: its trace id is its own id, so that a
    source needs to send none."""
    if header.trace is not None:
        return header.trace
    own = header.number.to_bytes(8, "big")
    return Trace(header.source.to_bytes(8, "big") + own, own, SAMPLED)
