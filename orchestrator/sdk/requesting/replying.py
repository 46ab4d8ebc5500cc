"""The ways in and out of a REP or ROUTER whose messages have an envelope: replies say what they answer,
requests that come again are answered again, requests that come too late are not handled.

What is to be done with a request is `answering`'s; this does it.
"""

from __future__ import annotations

from typing import Any, Final

import zmq

from orchestrator.codecs.base import DecodeError
from orchestrator.sdk.framing import Asked, Frames, Peer
from orchestrator.sdk.incoming.opening import EnvelopeInlet
from orchestrator.sdk.outgoing.enveloping import Body, EnvelopeOutlet
from orchestrator.sdk.reports.accounts import Account
from orchestrator.sdk.requesting.answering import Answering, Verdict
from orchestrator.sdk.requesting.error_replies import (
    BAD_REQUEST,
    DEADLINE,
    DUPLICATE,
    UNAVAILABLE,
    pack_error,
)
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import Flag, Header

_WORDS: Final = {
    Verdict.EXPIRED: (DEADLINE, "the request came when nobody waited for the answer any more"),
    Verdict.REFUSE: (DUPLICATE, "the request was answered before, and the reply is no longer kept"),
}


class AnsweringOutlet(EnvelopeOutlet):
    """An outlet whose messages answer requests."""

    answering: Answering
    asked: Asked | None = None
    """What a REP has to answer."""
    owed = False
    """Whether a REP has got something that it has not answered yet: then ZeroMQ lets it do nothing else."""

    def heed(self) -> None:
        """See whether somebody holds or taps this socket. May be called from any thread."""
        super().heed()
        self._quick = False

    def _send(
        self, message: Any, topic: str | bytes | None, peer: Peer | None, timeout: float | None
    ) -> None:
        head = self.head(topic, peer)
        self.judge(message)
        self._answer(self._body(message), head, peer, timeout)

    def send_nothing(self, peer: Peer | None = None) -> None:
        """Send a reply without a value."""
        self._answer(Body([], flags=Flag.NOTHING), self.head(None, peer), peer, None)

    def put(self, frames: Frames, timeout: float | None, records: int = 1) -> bool:
        """See `Outlet.put`."""
        left = super().put(frames, timeout, records)
        self.owed = self.owed and not left
        return left

    def acknowledge(self) -> None:
        """Give a REP's peer what ZeroMQ wants it to get. It is no message of the node's."""
        self.asked = None
        EnvelopeOutlet.dispatch(self, Body([], flags=Flag.NOTHING), self.head(None, None), None)

    def refuse(self, peer: Peer | None, code: str, message: str) -> bool:
        """Send the standard error reply. False when what was asked is no request that could be told so."""
        asked = self.asked if peer is None else peer.asked
        if asked is None:
            return False
        body = Body([pack_error(code, message, str(asked[1] or asked[0]))], flags=Flag.ERROR)
        self._answer(body, self.head(None, peer), peer, None, keep=code != UNAVAILABLE)
        self.answering.counters.errors += 1
        return True

    def _answer(
        self, body: Body, head: Frames, peer: Peer | None, timeout: float | None, *, keep: bool = True
    ) -> None:
        asked = self.asked if peer is None else peer.asked
        if asked is None:
            self.dispatch(body, head, timeout)
            return
        cause, request = asked
        if peer is None:
            _nobody_waits_any_more()
        if request is None:
            self.dispatch(body, head, timeout)
            self.asked = None
            return
        parts = tuple(bytes(part) for part in body.parts)
        flags = body.flags
        self.dispatch(body, head, timeout, answers=cause)
        self.asked = None
        if not keep:
            self.answering.forget(request)
            return
        other = self.answering.answered(request, (flags, parts), sum(map(len, parts)))
        if isinstance(other, Peer) and other.asked is not None:
            self.dispatch(
                Body(list(parts), flags=flags), self.head(None, other), None, answers=other.asked[0]
            )

    def _answers(self, _work: Work | None) -> None:
        """Only a reply to a request says what it answers: any other is a message like all."""

    def repeat(self, header: Header, peer: Peer | None) -> None:
        """Send the reply again that a request has got before."""
        assert header.request is not None
        flags, parts = self.answering.reply(header.request)
        self.dispatch(Body(list(parts), flags=flags), self.head(None, peer), None, answers=header.id)


def _nobody_waits_any_more() -> None:
    """What a node does after its reply is no longer bound to the time in which that was wanted."""
    work = current_work.get()
    if work is not None and work.deadline_ns is not None:
        current_work.set(Work(work.parent, None, work.cause, work.request, work.span))


class AnsweringInlet(EnvelopeInlet):
    """An inlet whose messages may be requests."""

    outlet: AnsweringOutlet

    def _open(self, frames: list[bytes], origin: zmq.Frame | str | None) -> None:
        self.outlet.owed = self.port.type is SocketType.REP
        super()._open(frames, origin)
        if self.outlet.owed and not self.pending:
            # It was no message (the end of a stream), or one that nobody is to get (it is too old); and a REP
            # that does not answer can never receive again.
            self.outlet.acknowledge()

    def _learn(self, header: Header, data: bytes, account: Account) -> None:
        """None is read at once: each has to be answered."""

    def _arrive(self, header: Header, payload: list[bytes], extra: Any, account: Account) -> None:
        outlet, request = self.outlet, header.request
        if header.count > 1 and outlet.owed:
            raise DecodeError("several messages in one, and a REP answers each before it gets the next")
        outlet.asked = None
        peer = None
        if isinstance(extra, Peer):
            extra = peer = Peer(extra.envelope, extra.way_back, (header.id, request))
        if request is None:
            outlet.asked = None if peer is not None else (header.id, None)
            super()._arrive(header, payload, extra, account)
            return
        match outlet.answering.judge(header, peer):
            case Verdict.HANDLE:
                outlet.asked = None if peer is not None else (header.id, request)
                try:
                    super()._arrive(header, payload, extra, account)
                    self.arrival.know(header)  # its reply asks for that at once
                except ValueError as error:
                    outlet.refuse(peer, BAD_REQUEST, str(error))
                    raise
            case Verdict.REPEAT:
                outlet.repeat(header, peer)
            case Verdict.WAIT:
                pass
            case verdict:
                if peer is None or verdict is not Verdict.EXPIRED:
                    outlet.asked = (header.id, request)
                    self._refuse(peer, *_WORDS[verdict])

    def _refuse(self, peer: Peer | None, code: str, message: str) -> None:
        """A refusal is no reply that is kept: the request was not handled, or its reply is gone."""
        outlet = self.outlet
        asked = outlet.asked if peer is None else peer.asked
        assert asked is not None
        outlet.asked = None
        body = Body([pack_error(code, message, str(asked[1]))], flags=Flag.ERROR)
        outlet.dispatch(body, outlet.head(None, peer), None, answers=asked[0])
        outlet.answering.counters.errors += 1


def join(outlet: AnsweringOutlet, inlet: AnsweringInlet) -> None:
    """Have the two ways of one socket know each other."""
    outlet.answering = Answering()
    outlet.port.counters.answering = outlet.answering.counters
    inlet.outlet = outlet


__all__ = ["AnsweringInlet", "AnsweringOutlet", "join"]
