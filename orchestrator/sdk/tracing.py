"""What a node is at: the trace of the message that it handles, and the time in which the answer is wanted.

A handler runs as the *work* of its message. What it sends carries the same trace on, with the deadline of its
own requests no later than the one it was given. A message that is sent outside of any work (a source, a
timer) begins a trace. Ids are those of W3C Trace Context (https://www.w3.org/TR/trace-context/).

Knows no OpenTelemetry: `telemetry.py` puts itself in here when it is switched on.
"""

from __future__ import annotations

import random
import time
from contextvars import ContextVar, Token
from typing import Final

from orchestrator.lanes import Traced
from orchestrator.wire.envelope import Header, MessageId, Trace

SAMPLED: Final = 1
_TRACE_BITS: Final = 128
_SPAN_BITS: Final = 64

# `random` seeds itself anew in a forked process, so no two nodes give out the same ids.
_bits = random.getrandbits


def new_span_id() -> bytes:
    """Eight random bytes, not all zero (the W3C forbids those)."""
    return (_bits(_SPAN_BITS) or 1).to_bytes(8, "big")


def new_trace() -> Trace:
    """The beginning of a trace: of what is sent without a cause."""
    return Trace((_bits(_TRACE_BITS) or 1).to_bytes(16, "big"), new_span_id(), SAMPLED)


class Work(Traced):
    """What one message has caused, while its handler runs."""

    __slots__ = ("_span", "cause", "deadline_ns", "parent", "request")

    def __init__(
        self,
        parent: Trace | None,
        deadline_ns: int | None = None,
        cause: MessageId | None = None,
        request: MessageId | None = None,
        span: Trace | None = None,
    ) -> None:
        self.parent = parent
        """The trace as the message brought it."""
        self.deadline_ns = deadline_ns
        """Nanoseconds since 1970 after which nobody waits for the answer."""
        self.cause = cause
        """The message itself."""
        self.request = request
        """The request that it belongs to: the message itself, or its first attempt."""
        self._span = span

    def snapshot(self) -> Work:
        """The same as a value that stays what it is."""
        return self

    @property
    def span(self) -> Trace:
        """Where the work stands in the trace: the ids that what it sends, and what it logs, carries.

        Made when it is first asked for: most handlers at the end of a stream never do.
        """
        span = self._span
        if span is None:
            parent = self.parent
            span = self._span = (
                new_trace() if parent is None else Trace(parent.trace_id, new_span_id(), parent.flags)
            )
        self.fix(*span)
        return span


current_work: ContextVar[Work | None] = ContextVar("orchestrator_current_work", default=None)
"""The work that the running code is part of; tasks of asyncio inherit it."""


def begin(header: Header, span: Trace | None = None) -> Token[Work | None]:
    """The handler of the message with this header begins. `end` takes what is returned."""
    return current_work.set(
        Work(header.trace, header.deadline_ns, header.id, header.request or header.id, span)
    )


def end(token: Token[Work | None]) -> None:
    """The handler has returned."""
    current_work.reset(token)


def current_trace() -> Trace | None:
    """The trace that the running code is part of, with the span of its own; None outside of any."""
    work = current_work.get()
    return None if work is None else work.span


def outgoing_trace() -> Trace:
    """The trace that a message sent now carries."""
    work = current_work.get()
    return new_trace() if work is None else work.span


def current_deadline_ns() -> int | None:
    """When nobody waits any more for what the running code is at, in nanoseconds since 1970."""
    work = current_work.get()
    return None if work is None else work.deadline_ns


def time_left_s(now_ns: int | None = None) -> float | None:
    """Seconds until then, negative when it is over; None where nobody set a time. For authors whose handlers
    have something long to do."""
    deadline = current_deadline_ns()
    if deadline is None:
        return None
    return (deadline - (time.time_ns() if now_ns is None else now_ns)) / 1e9


def traceparent(trace: Trace) -> str:
    """A trace as the HTTP header of that name has it."""
    return f"00-{trace.trace_id.hex()}-{trace.span_id.hex()}-{trace.flags:02x}"


def log_suffix() -> str:
    """What a line of the log gets at its end: ` [trace=… span=…]`, or nothing outside of any work."""
    work = current_work.get()
    if work is None or (work.parent is None and work._span is None):
        return ""
    span = work.span
    return f" [trace={span.trace_id.hex()} span={span.span_id.hex()}]"


__all__ = [
    "Work",
    "begin",
    "current_deadline_ns",
    "current_trace",
    "current_work",
    "end",
    "log_suffix",
    "new_span_id",
    "new_trace",
    "outgoing_trace",
    "time_left_s",
    "traceparent",
]
