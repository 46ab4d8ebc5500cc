"""A socket whose requests are looked after: `requests.py` says what is to be done, this does it.

Such a REQ has a DEALER of libzmq under it that speaks as a REQ does (RFC 28): a REQ proper forgets a request
when it sends the next, and with it the reply that is late. Replies are told apart by the envelope, or, where
messages have none, by a frame before the empty delimiter, which a REP gives back unseen and a ROUTER has to
(ZMQ_REQ_CORRELATE does the same).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import zmq

from orchestrator.sdk.errors import EncodeError, NodeError, Stopped, Timeout
from orchestrator.sdk.outgoing.enveloping import EnvelopeOutlet
from orchestrator.sdk.requesting.calls import Call
from orchestrator.sdk.requesting.requests import Requests
from orchestrator.sdk.tracing import current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import MessageId
from orchestrator.wire.qos import QoS

if TYPE_CHECKING:
    from orchestrator.sdk.outgoing.outlet import Outlet
    from orchestrator.sdk.port import Port

_NUMBER: Final = struct.Struct("<Q")
MOST: Final = 10_000
"""Requests that a late reply is recognised to."""
_GIVE_BACK: Final = (SocketType.REP, SocketType.ROUTER)
"""Types that return the frames before the delimiter."""


class Sifting(Protocol):
    """The way in of a socket that asks: tells replies from other messages, which it keeps for later."""

    asking: Asking

    def pump(self, call: Call | None) -> None:
        """Take in what has come, until `call` is done."""


class Asking:
    """The requests of one socket: what is due is sent, what comes in is told from other messages.

    Belongs to the thread that runs the node.
    """

    def __init__(
        self,
        port: Port,
        outlet: Outlet,
        inlet: Sifting,
        qos: QoS,
        *,
        servers: int = 0,
        peer_types: tuple[SocketType, ...] = (),
    ) -> None:
        self.name = port.name
        self._port = port
        self._outlet = outlet
        self._inlet = inlet
        self.requests = Requests(self, qos, servers)
        self.on_switch: Callable[[int], None] | None = None
        """Has the socket leave its server for the one with this number."""
        self._enveloped = qos.envelope
        self.marked = not qos.envelope and set(peer_types) <= set(_GIVE_BACK)
        """Whether a frame before the delimiter tells replies apart."""
        self._sent = 0
        self._asked: dict[MessageId, None] = {}
        """The messages that were requests, the latest ones."""
        self._timer: Any = None
        self.schedule: Callable[[float, Callable[[], None]], Any] = port.control.chores.at
        """Has something called at a time (monotonic seconds); returns what can be cancelled."""
        self.reading: Any = None
        """Who reads for requests in asyncio."""
        port.counters.asking = self.requests.counters
        inlet.asking = self

    # ------------------------------------------------------------------ the author's calls

    def request(self, message: Any, timeout: float | None) -> Any:
        """Ask, and wait for the reply. Raises what stands for the lack of one."""
        control, progress = self._port.control, self._port.control.progress
        call = self.begin(message, timeout)
        try:
            while True:
                self._inlet.pump(call)
                if call.done:
                    break
                if control.stopping:
                    raise Stopped
                progress.busy_since = 0.0
                self._port.wait(zmq.POLLIN, None)
        finally:
            self.requests.cancel(call)
            progress.steps += 1
            progress.busy_since = time.monotonic()
        return outcome(call)

    def begin(self, message: Any, timeout: float | None) -> Call:
        """Send a request. Raises BreakerOpen, DeadlineExceeded, EncodeError, and NodeError for a second one
        beside the first where replies cannot be told apart."""
        if self.requests.open and not (self.marked or self._enveloped):
            raise NodeError(
                f"socket {self.name!r}: a request waits for its reply, and replies do not say whose they are",
                "`envelope: true` on both sides has them say so",
            )
        work = current_work.get()
        call = self.requests.begin((message, work if work is None else work.snapshot()), timeout)
        self._tick()
        if call.done and isinstance(call.outcome, EncodeError):
            raise call.outcome
        return call

    def _tick(self) -> None:
        """Do what is due, and come back when something else is."""
        self.requests.run()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        at = self.requests.next_at()
        if at < float("inf"):
            self._timer = self.schedule(at, self._tick)

    # ------------------------------------------------------------------ the line

    def ask(
        self, message: Any, *, request: MessageId | None, attempt: int, deadline_ns: int | None
    ) -> MessageId | None:
        """Send one copy; see `requests.Line`. It belongs to the work for which the request was made, whatever
        the running code is at by now."""
        outlet = self._outlet
        message, work = message
        token = current_work.set(work)
        try:
            if isinstance(outlet, EnvelopeOutlet):
                return self._ask(outlet, message, request, attempt, deadline_ns)
            outlet.cleared(0)
            mark = [_NUMBER.pack(self._sent + 1), b""] if self.marked else outlet.head(None, None)
            outlet.judge(message)
            outlet.put([*mark, *outlet.payload(message)], 0)
        except Timeout:
            return None
        finally:
            current_work.reset(token)
        self._sent += 1
        return MessageId(0, self._sent)

    def _ask(
        self,
        outlet: EnvelopeOutlet,
        message: Any,
        request: MessageId | None,
        attempt: int,
        deadline_ns: int | None,
    ) -> MessageId:
        own = MessageId(outlet.source, outlet.number + 1)
        self._asked[own] = None
        if len(self._asked) > MOST:
            del self._asked[next(iter(self._asked))]
        if request is None:
            outlet.judge(message)
        return outlet.dispatch(
            outlet._body(message),
            outlet.head(None, None),
            0,
            request=request or own,
            attempt=attempt,
            deadline_ns=deadline_ns,
        )

    def switch(self, index: int) -> None:
        """See `requests.Line`."""
        if self.on_switch is not None:
            self.on_switch(index)

    # ------------------------------------------------------------------ what comes in

    def was_asked(self, number: MessageId) -> bool:
        """Whether a message of that number was a request. What answers another one is a message for the
        node."""
        return number in self._asked

    def take_in(self) -> None:
        """Take in all that has come."""
        self._inlet.pump(None)

    def answers(self, frames: list[bytes]) -> tuple[MessageId | None, list[bytes]]:
        """Which message the frames reply to, and what is left of them without the mark. None: they are no
        reply."""
        if self.marked:
            if len(frames) > 1 and len(frames[0]) == _NUMBER.size and not frames[1]:
                return MessageId(0, _NUMBER.unpack(frames[0])[0]), frames[2:]
            return None, frames
        return self.requests.only(), frames

    def answered(self, number: MessageId, read: Callable[[], Any]) -> None:
        """The reply to a message has come; `read` decodes it. Raises what it raises, for whoever counts bad
        messages; the caller gets that, too."""
        if not self.requests.expects(number):
            return
        try:
            reply = read()
        except ValueError as error:
            self.requests.answer(number, error)
            raise
        self.requests.answer(number, reply)


def outcome(call: Call) -> Any:
    """What a call ended with. Raises it when it is an exception."""
    if isinstance(call.outcome, BaseException):
        raise call.outcome
    return call.outcome
