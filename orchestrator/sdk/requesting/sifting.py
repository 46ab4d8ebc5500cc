"""The ways in of a socket that asks: replies are told from messages for the node's handlers.

What becomes of a reply is `asking`'s.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import zmq

from orchestrator.codecs.base import DecodeError
from orchestrator.sdk.errors import RequestFailed
from orchestrator.sdk.incoming.inlet import Found, Inlet
from orchestrator.sdk.incoming.opening import EnvelopeInlet
from orchestrator.sdk.requesting.calls import Call
from orchestrator.sdk.requesting.error_replies import unpack_error
from orchestrator.sdk.tracing import current_work
from orchestrator.wire.envelope import Flag, Header

if TYPE_CHECKING:
    from orchestrator.sdk.reports.accounts import Account
    from orchestrator.sdk.requesting.asking import Asking


class _Sifting:
    """What both kinds of inlet do with replies: they are no messages for the node's handlers."""

    asking: Asking
    """Set once it is made."""
    pending: deque[Any]

    if TYPE_CHECKING:

        def take(self) -> Found | None: ...

    def pump(self, call: Call | None) -> None:
        """Take in what has come, until `call` is done; what is no reply waits for whoever takes messages."""
        others = list(self.pending)
        self.pending.clear()
        try:
            while not (call is not None and call.done) and (found := self.take()) is not None:
                others.append(self._aside(found))
        finally:
            self.pending.extendleft(reversed(others))

    def _aside(self, found: Found) -> Found:
        """A message that waits until somebody takes it."""
        return found


class _Aside(tuple[Any, Any]):
    """A message that came while a reply was waited for, and what its envelope begins."""

    data: bytes | memoryview

    def __new__(cls, found: Found, data: bytes | memoryview) -> _Aside:
        made = super().__new__(cls, found)
        made.data = data
        return made


class AskingInlet(_Sifting, Inlet):
    """The way in where messages have no envelope."""

    def take(self) -> Found | None:
        """The next message that is no reply."""
        if self.pending:
            found: Found = self.pending.popleft()
            return found
        while (taken := Inlet.take(self)) is _REPLY:
            pass
        return taken

    def _read(self, frames: list[bytes]) -> Found:
        number, rest = self.asking.answers(frames)
        if len(rest) > 1 and not rest[0]:
            rest = rest[1:]
        if number is None:
            return super()._read(rest)
        self.asking.answered(number, lambda: super(AskingInlet, self)._read(rest)[0])
        return _REPLY


class AskingEnvelopeInlet(_Sifting, EnvelopeInlet):
    """The way in where they have one."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._one_frame = False

    def take(self) -> Found | None:
        """The next message that is no reply."""
        found = super().take()
        if isinstance(found, _Aside):
            self.arrival.data = found.data
            current_work.set(self.arrival)
        return found

    def pump(self, call: Call | None) -> None:
        """See `_Sifting.pump`. Whoever asks is at another message, and goes on with it."""
        at, work = self.arrival.data, current_work.get()
        try:
            super().pump(call)
        finally:
            self.arrival.data = at
            current_work.set(work)

    def _aside(self, found: Found) -> Found:
        return _Aside(found, self.arrival.data)

    def rest(self, first: zmq.Frame) -> list[bytes]:
        """See `Inlet.rest`; without the delimiter of a REQ."""
        frames = super().rest(first)
        return frames[1:] if len(frames) > 1 and not frames[0] else frames

    def _arrive(self, header: Header, payload: list[bytes], extra: Any, account: Account) -> None:
        if header.answers is None or not self.asking.was_asked(header.answers):
            if header.flags & Flag.ERROR:
                raise DecodeError(f"an error reply to what was no request: {self._failure(header, payload)}")
            super()._arrive(header, payload, extra, account)
            return
        self.asking.answered(header.answers, lambda: self._reply(header, payload, account))

    def _reply(self, header: Header, payload: list[bytes], account: Account) -> Any:
        if header.flags & Flag.ERROR:
            return self._failure(header, payload)
        at, work = self.arrival.data, current_work.get()
        try:
            EnvelopeInlet._arrive(self, header, payload, None, account)
        finally:  # whoever asked is at another message
            self.arrival.data = at
            current_work.set(work)
        return self.pending.pop()[0]

    def _failure(self, header: Header, payload: list[bytes]) -> RequestFailed:
        whole: Any = payload[1] if header.flags & Flag.DETACHED else payload[0][header.length :]
        for read in self.readers:
            whole = read(header, whole)
        return unpack_error(whole)


_REPLY: Final[Found] = (object(), None)
"""Stands for a message that was a reply, and is dealt with."""
