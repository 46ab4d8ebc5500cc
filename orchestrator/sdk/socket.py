"""A node's socket: sending, receiving, iterating, with the codec of the topology.

The node's author sees this. How a message becomes frames is `outlet`'s, how frames become one `inlet`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.codecs.base import Codec
from orchestrator.sdk.control.draining import DRAINED, TICK_S
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.conversion import judged, typed
from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.framing import Peer, topic_frame
from orchestrator.sdk.incoming.keeping import Kept
from orchestrator.sdk.making import ANSWERING, look_after, make_inlet, make_outlet
from orchestrator.sdk.port import Port
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.requesting.error_replies import FAILED, describe
from orchestrator.sdk.tracing import current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import QoS, looks_after_requests

if TYPE_CHECKING:
    from orchestrator.lanes import InLane
    from orchestrator.sdk.reports.rejects import Rejects
    from orchestrator.sdk.reports.telemetry import Telemetry


class Socket:
    """One socket of a node. Belongs to the thread that runs the node."""

    def __init__(
        self,
        *,
        name: str,
        socket_type: SocketType,
        raw: zmq.Socket[bytes],
        codec: Codec,
        control: NodeControl,
        reporter: Reporter,
        topics: Sequence[str] | None = None,
        delimiter: bool = False,
        qos: QoS | None = None,
        sender: str = "",
        peers: int = 0,
        fingerprint: int = 0,
        servers: int = 0,
        peer_types: tuple[SocketType, ...] = (),
    ) -> None:
        self.name = name
        self.type = socket_type
        self.raw = raw
        """The `zmq.Socket` itself. What goes through it is neither encoded nor counted."""
        self.qos = qos or QoS()
        self.port = port = Port(
            name=name, socket_type=socket_type, raw=raw, control=control, reporter=reporter, sender=sender
        )
        self.counters = port.counters
        self._control = control
        self.rejects: Rejects | None = None
        """Who is told of messages that cannot be used."""
        self._kept: Kept | None = None
        port.wait = self._wait
        port.way_back = self._reply
        self.outlet = make_outlet(
            port,
            codec,
            self.qos,
            topics=topics or (),
            delimiter=delimiter
            or (socket_type is SocketType.REQ and looks_after_requests(socket_type, self.qos)),
            peers=peers,
            fingerprint=fingerprint,
        )
        self.inlet = make_inlet(port, codec, self.qos, on_bad=self._answer_bad, fingerprint=fingerprint)
        self.asking = look_after(
            port, self.outlet, self.inlet, self.qos, servers=servers, peer_types=peer_types
        )
        """Looks after its requests; None for a socket where nobody does."""
        self.telemetry: Telemetry | None = None
        """Makes OpenTelemetry spans of its messages; None where nobody asked for any."""
        control.progress.sockets[name] = self.counters
        control.sockets.append(self)
        self.heed()
        if type(self) is Socket:  # the shortest way: one call less for each message
            self.send = self.outlet.send  # type: ignore[method-assign]
            self.take = self.inlet.take  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return f"<{self.type} socket {self.name!r}>"

    @property
    def codec(self) -> Codec:
        """What messages are encoded and decoded with."""
        return self.outlet.codec

    def use_types(self, receives: Any, sends: Any) -> None:
        """Have messages become these types, and take them. Raises NodeError where the codec cannot."""
        codec = typed(self.codec, receives, sends, f"socket {self.name!r}")
        if self.inlet.check is not None:
            self.inlet.check = judged(codec, self.inlet.check)
        self.use_codec(codec)

    def use_codec(self, codec: Codec) -> None:
        """Encode and decode with another codec from now on: the same payloads as other types."""
        self.outlet.use_codec(codec)
        self.inlet.use_codec(codec)

    @property
    def on_send(self) -> Callable[[], None] | None:
        """Called after each message that was sent; the asyncio runner needs it, for sockets that also
        receive."""
        return self.port.on_send

    @on_send.setter
    def on_send(self, call: Callable[[], None] | None) -> None:
        self.port.on_send = call
        self.outlet.heed()

    @property
    def tap(self) -> Callable[[list[bytes], bool], None] | None:
        """Called with the frames of each message, and whether it was sent. Set it on the node's thread."""
        return self.port.tap

    @tap.setter
    def tap(self, call: Callable[[list[bytes], bool], None] | None) -> None:
        self.port.tap = call if self._kept is None else self._kept.beside(call)
        self.heed()

    @property
    def reporter(self) -> Reporter:
        """Tells on standard error what happens to its messages."""
        return self.port.reporter

    def use_rejects(self, rejects: Rejects) -> None:
        """Tell it of each message that cannot be used."""
        self.rejects = rejects
        self.port.bad = partial(rejects.bad, self)

    def keep_frames(self) -> None:
        """Keep the frames of the last message that came in, for `last_frames`."""
        self._kept = Kept()
        self.tap = self.tap

    def last_frames(self, message: Any = None) -> list[bytes]:
        """The frames of the message that is being handled, as they came in; of one out of a batch, its own
        payload. Empty where they are not kept."""
        return [] if self._kept is None else self._kept.of(message, self.codec)

    def last_sender(self) -> str:
        """Who sent it, as its envelope says; empty where that is not known."""
        return "" if self._kept is None else self._kept.sender()

    # ---------------------------------------------------------------- sending

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        """Encode and send one message. Waits while the queue is full, where the socket type waits at all.

        `topic` goes before the payload of a PUB or XPUB; `peer` says whom a ROUTER or STREAM means.
        `timeout` is in seconds; None waits until there is room or the node is to stop.

        Raises EncodeError, Timeout, NodeError for an argument that does not fit the socket, and Stopped.
        """
        self.outlet.send(message, topic=topic, peer=peer, timeout=timeout)

    def send_many(self, messages: Iterable[Any], *, topic: str | bytes | None = None) -> None:
        """Send all of them, in order; faster than one `send` each where the socket has a `batch`."""
        self.outlet.send_many(messages, topic=topic)

    def try_send(self, message: Any, *, topic: str | bytes | None = None, peer: Peer | None = None) -> bool:
        """Send without waiting. Whether there was room."""
        try:
            self.send(message, topic=topic, peer=peer, timeout=0)
        except Timeout:
            return False
        return True

    def ready_to_send(self) -> bool:
        """Whether there is room for a message now, and nobody asks to wait. A PUB always has some."""
        held = self.name in self._control.holds
        return not held and bool(int(self.raw.getsockopt(zmq.EVENTS)) & zmq.POLLOUT)

    async def room(self) -> None:
        """Wait until there is room for a message, in `async def`; others go on meanwhile. Raises Stopped."""
        from orchestrator.sdk.outgoing.aio_room import await_room

        await await_room(self)

    def flush(self) -> None:
        """Send off now what waits for company (`batch`)."""
        self.outlet.flush()

    def heed(self) -> None:
        """See whether somebody holds or taps this socket, and what else has changed. May be called from any
        thread."""
        self.outlet.heed()
        self.inlet.heed()

    def send_nothing(self, peer: Peer | None = None) -> None:
        """Send the codec's empty value: how a REP answers when there is nothing to say."""
        self.outlet.send_nothing(peer)

    def forward(self, frames: Sequence[bytes]) -> None:
        """Send frames as they are, without waiting. What finds no room is counted as dropped."""
        self.outlet.forward(frames)

    def request(self, message: Any, *, timeout: float | None = None) -> Any:
        """Send on a REQ (or DEALER) and return the reply; in a node on asyncio, something to `await`.

        `timeout` in seconds is for all of it, whatever `retry` says. Raises Timeout, RequestFailed where the
        service has answered that it failed, BreakerOpen, DeadlineExceeded, and what `send` raises.
        """
        if self._control.is_async:
            from orchestrator.sdk.requesting.aio_asking import request

            return request(self, message, timeout)
        if self.asking is not None:
            return self.asking.request(message, timeout)
        self.send(message, timeout=timeout)
        return self._receive(timeout, True)[0]

    def end(self) -> None:
        """Nothing more will be sent: what waits leaves, and the readers are told where the stream ends."""
        self.outlet.end()

    # -------------------------------------------------------------- receiving

    def recv(self, timeout: float | None = None) -> Any:
        """The next message. Messages that cannot be decoded are counted, reported and passed over.

        Raises Timeout after `timeout` seconds without one, and Stopped when the node is to stop.
        """
        return self._receive(timeout)[0]

    def receive(self, timeout: float | None = None) -> tuple[Any, str | Peer | None]:
        """Like `recv`, with the topic (SUB, XSUB) or the peer (ROUTER, STREAM) beside the message."""
        return self._receive(timeout)

    def _receive(self, timeout: float | None, answer: bool = False) -> tuple[Any, str | Peer | None]:
        """`answer`: the node waits for it with work in hand: silence does not mean that it is done."""
        give_up = None if timeout is None else time.monotonic() + timeout
        control, progress = self._control, self._control.progress
        while True:
            if control.stopping:
                raise Stopped
            found = self.take()
            if found is not None:
                progress.steps += 1
                progress.busy_since = time.monotonic()
                return found
            left = None if give_up is None else give_up - time.monotonic()
            if left is not None and left <= 0:
                raise Timeout(f"socket {self.name!r}: no message within {timeout} s")
            progress.busy_since = 0.0
            idle = not answer and not control.dispatching
            if idle:
                control.run_due(idle=True)
                due = control.timers.left_s()
                left = due if left is None else left if due is None else min(left, due)
            drain = control.drain if idle and self.type in DRAINED else None
            if drain is None:
                self._wait(zmq.POLLIN, left)
            else:
                self._wait(zmq.POLLIN, TICK_S if left is None else min(left, TICK_S))
                drain.look([self, *(s for s in control.sockets if s is not self and s.counters.received)])

    def __iter__(self) -> Iterator[Any]:
        """Messages until the node is to stop."""
        lane = self.lane
        if lane is None:
            return self._messages()
        return lane.iterate(self._receive_or_stop, self._control.progress, self._control)

    @property
    def lane(self) -> InLane | None:
        """The short way by which its messages come, where they do."""
        lane = self.inlet.lane
        if lane is None or getattr(self.take, "__self__", None) is not lane:
            return None
        return lane

    def _receive_or_stop(self) -> tuple[Any, str | Peer | None] | None:
        try:
            return self._receive(None)
        except Stopped:
            return None

    def _messages(self) -> Iterator[Any]:
        control, progress, take = self._control, self._control.progress, self.take
        pending, arrival = self.inlet.pending, getattr(self.inlet, "arrival", None)
        batches = getattr(take, "__self__", None) is self.inlet
        while not control.stopping:
            found = take()
            if found is None:
                try:
                    found = self._receive(None)
                except Stopped:
                    return
            else:
                progress.steps += 1
            yield found[0]
            while batches and pending and not control.stopping:  # what came in one batch, of one work
                if arrival is not None and current_work.get() is not arrival:
                    current_work.set(arrival)
                progress.steps += 1
                yield pending.popleft()[0]

    def take(self) -> tuple[Any, str | Peer | None] | None:
        """The next message that is there already, or None. Never waits."""
        return self.inlet.take()

    @property
    def waiting(self) -> bool:
        """Whether something has come that has not been taken."""
        return self.inlet.holds or bool(int(self.raw.getsockopt(zmq.EVENTS)) & zmq.POLLIN)

    def answer_failure(self, error: Exception, extra: Any = None) -> None:
        """The handler of the last message has raised, and the node goes on."""
        if self.type in ANSWERING and self.refuse(FAILED, describe(error), peer=extra):
            return
        if self.type is SocketType.REP and self.owes:
            self.send_nothing()

    @property
    def owes(self) -> bool:
        """Whether a REP has got a message that it has not answered yet."""
        owed: bool | None = getattr(self.outlet, "owed", None)
        return self.counters.sent < self.counters.received if owed is None else owed

    def refuse(self, code: str, message: str = "", *, peer: Any = None) -> bool:
        """Answer a request on a REP or ROUTER with the standard error reply: `code` is a word for programs,
        `message` a sentence for people. False, and nothing is sent, when what came was no request of a kind
        that can be told so (docs/reference/requests.md)."""
        refuse = getattr(self.outlet, "refuse", None)
        return refuse is not None and bool(refuse(peer if isinstance(peer, Peer) else None, code, message))

    def _reply(self, message: Any, peer: Peer) -> None:
        self.send(message, peer=peer)

    @property
    def ended(self) -> bool:
        """Whether all senders that have sent something have said that nothing more comes, and it has been
        taken. Only senders with an envelope say so; a new one, or one that is restarted, may still come."""
        accounts = getattr(self.inlet, "accounts", None)
        return accounts is not None and accounts.ended and not self.waiting

    def _answer_bad(self) -> None:
        if self.type is SocketType.REP and self.owes:
            self.send_nothing()  # a REP that does not answer can never receive again

    def _wait(self, events: int, timeout: float | None) -> None:
        """Wait for the socket, the wake descriptor, or the time. Commands are carried out here."""
        self.port.poll(events, timeout)

    # ------------------------------------------------------- XSUB subscriptions

    def subscribe(self, prefix: str | bytes) -> None:
        """Ask for messages whose topic begins with `prefix` (SUB and XSUB)."""
        self._subscription(prefix, True)

    def unsubscribe(self, prefix: str | bytes) -> None:
        """Take a subscription back (SUB and XSUB)."""
        self._subscription(prefix, False)

    def _subscription(self, prefix: str | bytes, on: bool) -> None:
        topic = topic_frame(prefix)
        if self.type is SocketType.SUB:
            self.raw.setsockopt(zmq.SUBSCRIBE if on else zmq.UNSUBSCRIBE, topic)
        elif self.type is SocketType.XSUB:
            self.raw.send((b"\1" if on else b"\0") + topic)
        else:
            raise NodeError(f"socket {self.name!r} is a {self.type}: only SUB and XSUB subscribe")
