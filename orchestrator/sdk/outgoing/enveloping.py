"""The way out with an envelope: every message gets a header with its number, its time and its sender."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import zmq

from orchestrator.codecs.base import Codec, Payload
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.framing import Frames, Peer, topic_frame
from orchestrator.sdk.outgoing.ending import Farewell, say_once
from orchestrator.sdk.outgoing.outlet import NOBLOCK, TOPIC_TYPES, ZERO_COPY_BYTES, Outlet
from orchestrator.sdk.port import Port
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import FIXED, NO_FLAGS, Flag, Header, MessageId, Trace, pack, place_of_trace
from orchestrator.wire.qos import Compression, QoS

if TYPE_CHECKING:
    from orchestrator.lanes import OutLane

_CHANGING: Final = struct.Struct("<QqQIIQ")
"""sequence, timestamp, fingerprint, count, plain size, number: what follows a header's first 16 bytes."""
_CHANGES_AT: Final = 16
MAX_TOPICS: Final = 10_000
"""Topics whose messages are counted apart; further ones are not counted."""
_WHOLE: Final = ""
"""The scope of a socket without topics."""

Parts = list[Payload]


class Body:
    """A payload on its way out: what it is made of, and what the header has to say of it."""

    __slots__ = ("compression", "count", "flags", "offer", "parts", "plain_size")

    def __init__(self, parts: Parts, count: int = 1, flags: int = NO_FLAGS) -> None:
        self.parts = parts
        self.count = count
        self.flags = flags
        self.compression: Compression | None = None
        self.plain_size = 0
        self.offer: tuple[int, int] | None = None
        """Group and pool of the shared memory from which later messages could be read."""


class EnvelopeOutlet(Outlet):
    """An outlet whose messages carry the header of docs/protocol.md."""

    def __init__(
        self,
        port: Port,
        codec: Codec,
        *,
        topics: Sequence[str] = (),
        delimiter: bool = False,
        qos: QoS,
        peers: int = 0,
        fingerprint: int = 0,
    ) -> None:
        self.source = random.SystemRandom().getrandbits(64) or 1
        self.fingerprint = fingerprint
        self.transforms: list[Callable[[Body], None]] = []
        """What is done to payloads after they are encoded: compression, shared memory."""
        self._encode_parts: Callable[[Any], Parts] | None = None
        self._large = False
        """Whether the last payload was too large to be copied."""
        self._topical = port.type in TOPIC_TYPES
        self._scopes: dict[str, int] = {}
        """The last number of each topic (PUB and XPUB); elsewhere all messages are counted as one row."""
        self.farewell: Farewell | None = None
        """How the end is said where it may be dropped."""
        self._counted = _is_counted(port.type, peers)
        super().__init__(port, codec, topics=topics, delimiter=delimiter)

    def use_codec(self, codec: Codec) -> None:
        """Encode with another codec from now on."""
        super().use_codec(codec)
        self._encode_into = getattr(codec, "encode_into", None)
        self._encode_parts = getattr(codec, "encode_parts", None)
        nothing = Header(
            source=self.source,
            sequence=0,
            number=0,
            timestamp_ns=0,
            codec=str(codec.name),
            sender=self.port.sender,
        )
        self._template = pack(nothing)
        self._traced = pack(replace(nothing, trace=Trace(bytes(16), bytes(8), 0)))
        self._buffer = bytearray(self._template)
        self.heed()

    @property
    def number(self) -> int:
        """Of the last message: records that were given out."""
        return self.port.counters.number

    def _is_clear(self) -> bool:
        return super()._is_clear() and self._encode_parts is None and not self.transforms

    def _set_lane(self, lane: OutLane, clear: bool) -> None:
        super()._set_lane(lane, clear)
        lane.envelope(
            plain=self._template,
            traced=self._traced,
            trace_at=place_of_trace(self._traced),
            fingerprint=self.fingerprint,
            counted=self._counted,
            scopes=self._scopes,
            work=current_work,
        )

    def hand_on(self, payload: Any, topic: str | None) -> None:
        """See `Outlet.hand_on`."""
        self.dispatch(Body([payload]), self.head(topic, None), None)

    # ---------------------------------------------------------------- the author's calls

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        """See `Socket.send`."""
        if not self._quick or topic is not None or peer is not None or current_work.get() is not None:
            self._send(message, topic, peer, timeout)
            return
        if self.check is not None:
            self.judge(message)
        buffer, port = self._buffer, self.port
        counters = port.counters
        number = counters.number + 1
        if self._encode_into is not None and not self._large:
            self._encode_into(message, buffer, len(self._template))
            self._large = len(buffer) - len(self._template) >= ZERO_COPY_BYTES
            if self._large:
                self.dispatch(Body([bytes(buffer)[len(self._template) :]]), [], timeout)
                return
        elif self._several and type(message) is list:
            self._send(message, None, None, timeout)
            return
        else:
            payload = self._encode(message)
            self._large = len(payload) >= ZERO_COPY_BYTES
            if self._large:
                self.dispatch(Body([payload]), [], timeout)
                return
            buffer[len(self._template) :] = payload
        _CHANGING.pack_into(
            buffer,
            _CHANGES_AT,
            number if self._counted else 0,
            time.time_ns(),
            self.fingerprint,
            1,
            0,
            number,
        )
        try:
            port.raw_send(buffer, NOBLOCK)
        except zmq.Again:
            self._deliver([bytes(buffer)], number, 1, _WHOLE, timeout)
            return
        except zmq.ZMQError as error:
            port.out_of_turn(error, sends=True)
            raise
        counters.number = number
        counters.sent += 1
        counters.sent_bytes += len(buffer)
        if port.on_send is not None:
            port.on_send()

    # ---------------------------------------------------------------- frames

    def _send(
        self, message: Any, topic: str | bytes | None, peer: Peer | None, timeout: float | None
    ) -> None:
        head = self.head(topic, peer)
        self.judge(message)
        self.dispatch(self._body(message), head, timeout)

    def send_nothing(self, peer: Peer | None = None) -> None:
        """Send a reply without a value."""
        self.dispatch(Body([], flags=Flag.NOTHING), self.head(None, peer), None)

    def _body(self, message: Any) -> Body:
        if self._several and isinstance(message, (list, tuple)):
            if not message:
                raise NodeError(f"socket {self.port.name!r}: an empty list is no message")
            return Body([self._encode(part) for part in message], flags=Flag.DETACHED)
        if self._encode_parts is not None:
            return Body(self._encode_parts(message))
        return Body([self._encode(message)])

    def dispatch(
        self,
        body: Body,
        head: Frames,
        timeout: float | None,
        *,
        answers: MessageId | None = None,
        request: MessageId | None = None,
        attempt: int = 1,
        deadline_ns: int | None = None,
    ) -> MessageId:
        """Send a payload behind these frames. Its id. Raises Timeout and Stopped."""
        timeout = self.cleared(timeout)
        if not body.flags & Flag.DETACHED:
            for transform in self.transforms:
                transform(body)
        work = current_work.get()
        scope = self._scope(head)
        number = self.number + 1
        size = sum(map(len, body.parts))
        if size >= ZERO_COPY_BYTES and not body.flags & Flag.DETACHED:
            body.flags |= Flag.DETACHED
            if len(body.parts) > 1:  # pieces of one payload, not frames
                body.parts = [b"".join(body.parts)]
        plain = not (body.flags or body.compression or body.offer or answers or request or work)
        if plain and body.count == 1 and attempt == 1 and deadline_ns is None:
            frame = b"".join((self._plain_header(self._sequence(scope, number), number), *body.parts))
            self._deliver([*head, frame], number, 1, scope, timeout)
            return MessageId(self.source, number)
        header = Header(
            source=self.source,
            sequence=self._sequence(scope, number),
            number=number,
            timestamp_ns=time.time_ns(),
            codec=str(self.codec.name),
            compression=body.compression,
            flags=body.flags,
            fingerprint=self.fingerprint,
            count=body.count,
            plain_size=body.plain_size,
            sender=self.port.sender,
            trace=None if work is None else work.span,
            deadline_ns=deadline_ns,
            answers=answers if answers is not None else self._answers(work),
            request=request,
            attempt=attempt,
            offer=body.offer,
        )
        self._deliver([*head, *_frames(pack(header), body)], number, body.count, scope, timeout)
        return MessageId(self.source, number)

    def _plain_header(self, sequence: int, number: int) -> bytes:
        """What `pack` makes of a header with nothing special in it, in a tenth of the time (measured)."""
        template = self._template
        changing = _CHANGING.pack(sequence, time.time_ns(), self.fingerprint, 1, 0, number)
        return b"".join((template[:_CHANGES_AT], changing, template[FIXED.size :]))

    def _answers(self, work: Work | None) -> MessageId | None:
        if work is None or self.port.type not in (SocketType.REP, SocketType.ROUTER):
            return None
        return work.cause

    def _deliver(
        self, frames: Frames, number: int, count: int, scope: str | None, timeout: float | None
    ) -> bool:
        """Hand on a message whose first record has this number; one that does not leave takes no number."""
        counters, scopes = self.port.counters, self._scopes
        before = counters.number
        last = counters.number = number + count - 1
        if self._topical and scope is not None:
            scopes[scope] = scopes.get(scope, 0) + count
        left = False
        try:
            left = self.put(frames, timeout, count)
        finally:
            if not left and counters.number == last:
                counters.number = before
                if self._topical and scope is not None:
                    scopes[scope] -= count
        return left

    def _scope(self, head: Frames) -> str | None:
        """What the numbers of a message with these first frames are counted within; None: not counted."""
        if not self._topical or not head:
            return _WHOLE
        topic = str(head[0], "utf-8", "surrogateescape")
        return topic if topic in self._scopes or len(self._scopes) < MAX_TOPICS else None

    def _sequence(self, scope: str | None, number: int) -> int:
        if scope is None or not self._counted:
            return 0
        return self._scopes.get(scope, 0) + 1 if self._topical else number

    # ---------------------------------------------------------------- the end

    def end(self) -> None:
        """Send off what waits, and say in every scope where it ends."""
        super().end()
        if not self._counted or not self.number:
            return
        words = [self._last_word(scope) for scope in (self._scopes if self._topical else (_WHOLE,))]
        if self.farewell is not None:
            self.farewell(self, words)
        else:
            say_once(self, words)

    def _last_word(self, scope: str) -> Frames:
        header = Header(
            source=self.source,
            sequence=self._sequence(scope, self.number + 1),
            number=self.number,
            timestamp_ns=time.time_ns(),
            codec=str(self.codec.name),
            flags=Flag.END,
            count=0,
            sender=self.port.sender,
        )
        head = [topic_frame(scope)] if scope else ([b""] if self._delimiter else [])
        return [*head, pack(header)]


def _frames(header: bytes, body: Body) -> Frames:
    if body.flags & Flag.DETACHED:
        return [header, *body.parts]  # type: ignore[list-item]  # libzmq takes whatever lies in memory
    return [b"".join((header, *body.parts))]


def _is_counted(socket_type: SocketType, peers: int) -> bool:
    """Whether the one at the other end gets all messages in turn: then what is missing is seen there. A
    socket that deals its messages out gives each of its peers some of the numbers."""
    if socket_type in (*TOPIC_TYPES, SocketType.PAIR):
        return True
    return socket_type in (SocketType.PUSH, SocketType.DEALER, SocketType.REQ) and peers <= 1
