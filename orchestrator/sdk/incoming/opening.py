"""The way in with an envelope: what the header says is read, counted and acted on before the payload is."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

import zmq

from orchestrator.codecs.base import Codec, DecodeError
from orchestrator.sdk.incoming.arrival import Arrival
from orchestrator.sdk.incoming.inlet import NOBLOCK, Found, Inlet, origin_of
from orchestrator.sdk.incoming.unwrapping import count_records, payload_of, unwrap
from orchestrator.sdk.outgoing.ending import answer_end, new_subscriber
from orchestrator.sdk.port import Port
from orchestrator.sdk.reports.accounts import LARGEST, MAX_SENDERS, Account, Accounts
from orchestrator.sdk.tracing import current_work
from orchestrator.vocabulary import SocketType
from orchestrator.wire.batch import BatchError
from orchestrator.wire.batch import split as split_batch
from orchestrator.wire.envelope import FIXED, MAGIC, EnvelopeError, Flag, Header, place_of_trace
from orchestrator.wire.qos import OnLag, QoS

if TYPE_CHECKING:
    from orchestrator.lanes import InLane

_NUMBERS: Final = struct.Struct("<Qq")
"""sequence and timestamp, from the sixteenth byte of a header on; what follows up to its number does not
change either."""
_SAME_AT: Final = 32
_NUMBER_AT: Final = 48
_PLAIN: Final = FIXED.size
_TOPICS: Final = (SocketType.SUB, SocketType.XSUB)
_LOOK_EVERY: Final = 15
"""The lag of every sixteenth message is looked at."""

_STRANGER: Final = Account("")
_NOBODY: Final = (b"", b"", b"", _STRANGER)
"""Stands where no header is known."""
_WARY: Final = 1000
"""Messages that are taken with the address of their peer once a bad one has come; it costs as long again."""
_BAD: Final[Found] = (None, None)
"""Stands for a message that was told as bad."""

Reader = Callable[[Header, Any], Any]


class Unusable(ValueError):  # noqa: N818 - no error: it says what became of the message
    """A message that is not handed to the node, and is not bad: it is late, or was answered already."""


class EnvelopeInlet(Inlet):
    """An inlet whose messages carry the header of docs/protocol.md."""

    def __init__(
        self,
        port: Port,
        codec: Codec,
        *,
        qos: QoS,
        on_bad: Callable[[], None] | None = None,
        fingerprint: int = 0,
    ) -> None:
        self.accounts = port.counters.accounts = Accounts()
        self._subscriber = new_subscriber()
        self._wary = 0
        """How many messages are still taken with the address of their peer, because a bad one came."""
        self.fingerprint = fingerprint
        self.readers: list[Reader] = []
        """What is done to payloads before they are decoded: shared memory, decompression. Each gets the
        header and the payload, and gives the payload; raises DecodeError."""
        self.heads: list[Callable[[Header], bool]] = []
        """Asked about each header; one that says False has taken the message for itself (a late reply, a
        duplicate)."""
        self.on_offer: Callable[[Header], None] | None = None
        """Told of headers that offer shared memory."""
        self.arrival = Arrival()
        self._passed: set[int] = set()
        self._max_lag_ns = None if qos.max_lag_s is None else round(qos.max_lag_s * 1e9)
        self._on_lag = qos.on_lag
        self.on_late: Callable[[Account, int], None] | None = None
        """Told of a message that is older than `max_lag`, with its lag in nanoseconds."""
        self._known: tuple[bytes, bytes, bytes, Account] = _NOBODY
        """Of the last plain header the first 16 bytes, those from the fingerprint to the plain size, and the
        extensions; and whose it is."""
        self._topical = port.type in _TOPICS and (qos.limits.frames is None or qos.limits.frames >= 2)
        super().__init__(port, codec, on_bad=on_bad, max_frames=qos.limits.frames)

    def ask_about_all(self, ask: Callable[[Header], bool]) -> None:
        """Have each header told to `ask` from now on, those too that have come to be read at once."""
        self.heads.append(ask)
        self._forget()

    def _forget(self) -> None:
        """No header is known any more."""
        self._known = _NOBODY
        if self.lane is not None:
            self.lane.forget()

    def use_codec(self, codec: Codec) -> None:
        """See `Inlet.use_codec`."""
        super().use_codec(codec)
        self._forget()

    def use_lane(self, lane: InLane) -> None:
        """See `Inlet.use_lane`."""
        lane.envelope(look=self._look, work=current_work, arrival=self.arrival, last=self.arrival.last)
        super().use_lane(lane)

    def _set_lane(self, lane: InLane) -> None:
        super()._set_lane(lane)
        if self.check_once:
            lane.check = None  # a header is known only once a message of its sender has passed
        lane.quick = self.port.tap is None

    def unusual(self, frames: list[bytes], address: str) -> None:
        """See `Inlet.unusual`."""
        self._open(frames, address)

    def misread(self, error: ValueError, frames: list[bytes], address: str, account: Account) -> None:
        """See `Inlet.misread`."""
        account.undecodable += 1
        self.bad(str(error), frames, address or account.sender)

    def bad(self, reason: str, frames: list[bytes], origin: str = "") -> None:
        """See `Inlet.bad`."""
        super().bad(reason, list(map(bytes, frames)), origin)  # large ones that came by the lane are views

    # ---------------------------------------------------------------- taking

    def take(self) -> Found | None:
        """See `Inlet.take`."""
        pending, port = self.pending, self.port
        while True:
            if pending:
                if current_work.get() is not self.arrival:  # each record of a batch has the trace of all
                    current_work.set(self.arrival)
                return pending.popleft()  # type: ignore[no-any-return]
            if not self._one_frame or port.tap is not None or self._wary:
                self._wary = max(0, self._wary - 1)
                try:
                    frame = port.raw.recv(NOBLOCK, False)
                except zmq.Again:
                    return None
                except zmq.ZMQError as error:
                    port.out_of_turn(error, sends=False)
                    raise
                self._count(len(frame))
                frames = self.rest(frame)
                topical = self._topical and len(frames) == 2 and frames[0][:2] != MAGIC
                found = self._quickly(frames[1], frames[0]) if topical else None
                if found is None:
                    self._open(frames, frame)
                    continue
                port.counters.received += 1
                if found is _BAD:
                    continue
                return found
            try:
                data = port.raw.recv(NOBLOCK)
            except zmq.Again:
                return None
            except zmq.ZMQError as error:
                port.out_of_turn(error, sends=False)
                raise
            counters = port.counters
            counters.received_bytes += len(data)
            found = self._quickly(data, None)
            if found is not None:
                counters.received += 1
                if found is _BAD:
                    continue
                return found
            self._open(self._whole(data), None)

    def _quickly(self, data: bytes, topic_frame: bytes | None) -> Found | None:
        """A message whose header is like the one before but for its numbers; None for any other."""
        prefix, same, extensions, account = self._known
        if not (
            data.startswith(prefix)
            and data.startswith(same, _SAME_AT)
            and data.startswith(extensions, _PLAIN)
        ):
            return None
        if account is _STRANGER:
            return None
        sequence, sent_ns = _NUMBERS.unpack_from(data, 16)
        topic = None
        if topic_frame is not None:
            topic = str(topic_frame, "utf-8", "surrogateescape")
            account.follow(sequence, 1, topic)
        elif sequence == account.next:
            account.next = (sequence + 1) & LARGEST
            account.received += 1
        else:
            account.follow(sequence, 1, None)
        if not account.received & _LOOK_EVERY:
            self._look(account, sent_ns)
        self.arrival.data = data
        current_work.set(self.arrival)
        try:
            message = self._decode(data[_PLAIN + len(extensions) :])
            if self.check is not None and not self.check_once:
                self.check(message)
            return message, topic
        except (DecodeError, ValueError) as error:
            account.undecodable += 1
            frames = [data] if topic_frame is None else [topic_frame, data]
            self.bad(str(error), frames, account.sender)
            return _BAD

    def _count(self, size: int) -> None:
        self.port.counters.received_bytes += size

    def _whole(self, data: bytes) -> list[bytes]:
        """All frames of a message that should have one, or says that it has more."""
        frames = [data]
        if self.port.raw.getsockopt(zmq.RCVMORE):
            frames += self.port.raw.recv_multipart(NOBLOCK)
            self.port.counters.received_bytes += sum(map(len, frames[1:]))
        return frames

    def _open(self, frames: list[bytes], origin: zmq.Frame | str | None) -> None:
        """Read a message; what is in it is pending afterwards. A bad one is told."""
        counters = self.port.counters
        account: Account | None = None
        count = 1
        try:
            if self.max_frames is not None and len(frames) > self.max_frames:
                raise DecodeError(f"{len(frames)} frames, and `limits.frames` is {self.max_frames}")
            header, payload, extra = unwrap(self.port.type, frames, self.port.way_back)
            records = count_records(header, payload)
            account = self.accounts.of(header.source, header.sender)
            topic = extra if isinstance(extra, str) else None
            if header.flags & Flag.END:
                account.end(header.sequence, topic)
                answer_end(self.port, header.source, self._subscriber)
                return
            count = header.count = records
            account.follow(header.sequence, count, topic)
            counters.received += count
            self._judge_header(header, account)
            self._arrive(header, payload, extra, account)
            self._learn(header, payload[0], account)
        except (DecodeError, EnvelopeError, BatchError, ValueError) as error:
            if isinstance(error, Unusable):
                return
            counters.received += 1 if account is None else 0
            if account is not None:
                account.undecodable += count
            self._wary = _WARY if origin is None else self._wary
            self.bad(str(error), frames, origin_of(origin) or ("" if account is None else account.sender))

    def _learn(self, header: Header, data: bytes, account: Account) -> None:
        """A plain header can be read at once when it comes again; by a lane also one of a batch, one with a
        trace, and one that has a frame of its own."""
        if header.compression or self._max_lag_ns is not None or self.heads or header.offer is not None:
            return
        if not (self._one_frame or self._topical) or header.fingerprint != self.fingerprint:
            return
        most = 3 if self._topical else 2
        if header.flags & Flag.DETACHED and self.max_frames is not None and self.max_frames < most:
            return  # with a topic before it, it would be one too many
        if header.deadline_ns is not None or header.request or header.answers:
            return
        if self.check is not None and self.check_once and header.source not in self._passed:
            return
        plain = not header.flags and header.count == 1
        if self.lane is None:
            if plain and header.trace is None:
                self._known = _known_of(bytes(data[: header.length]), account)
        elif plain or not header.flags & ~(Flag.BATCH | Flag.DETACHED):
            whole = bytes(data[: header.length])
            self._known = _known_of(whole, account) if plain else _NOBODY
            self.lane.know(whole, place_of_trace(whole), account)

    # ---------------------------------------------------------------- the header

    def _judge_header(self, header: Header, account: Account) -> None:
        if header.codec and header.codec != str(self.codec.name):
            raise DecodeError(
                f"{header.sender or 'the sender'} sends {header.codec}, this end reads {self.codec.name}"
            )
        if header.fingerprint and self.fingerprint and header.fingerprint != self.fingerprint:
            account.mismatched += header.count
            if account.mismatched == header.count:
                self.port.reporter.mismatch(self.port.name, self.port.sender, header.sender)
        if header.count > 1 or not header.number & _LOOK_EVERY or self._max_lag_ns is not None:
            self._look(account, header.timestamp_ns)
        if header.offer is not None and self.on_offer is not None:
            self.on_offer(header)
        for ask in self.heads:
            if not ask(header):
                raise Unusable

    def _look(self, account: Account, sent_ns: int) -> None:
        lag_ns = max(0, time.time_ns() - sent_ns)
        account.lag_ns = lag_ns
        account.max_lag_ns = max(account.max_lag_ns, lag_ns)
        limit = self._max_lag_ns
        if limit is not None and lag_ns > limit:
            account.late += 1
            if self.on_late is not None:
                self.on_late(account, lag_ns)
            if self._on_lag is OnLag.DROP:
                raise Unusable

    # ---------------------------------------------------------------- the payload

    def _arrive(self, header: Header, payload: list[bytes], extra: Any, account: Account) -> None:
        self.arrival.data = payload[0]
        current_work.set(self.arrival)
        body = payload_of(header, payload)
        if header.flags & Flag.NOTHING:
            self.pending.append((None, extra))
            return
        if len(body) != 1 and self._several:
            self.pending.append(([self._decode(part) for part in body], extra))
            return
        whole: Any = body[0] if len(body) == 1 else b"".join(body)
        for read in self.readers:
            whole = read(header, whole)
        if header.flags & Flag.BATCH:
            self._unpack_batch(whole, header, extra, account)
            return
        self.pending.append((self._checked(self._decode(whole), header.source), extra))

    def _unpack_batch(self, whole: bytes | memoryview, header: Header, extra: Any, account: Account) -> None:
        decode = self._decode
        records: list[Any] = split_batch(whole, header.count)
        if self.check is None:
            try:
                messages = records if self._as_it_is else list(map(decode, records))
                self.pending.extend(zip(messages, repeat(extra)))
                return
            except (DecodeError, ValueError):
                pass  # one of them is bad; the others are not
        for record in records:
            try:
                self.pending.append((self._checked(decode(record), header.source), extra))
            except (DecodeError, ValueError) as error:
                account.undecodable += 1
                self.bad(str(error), [record], account.sender)

    def _checked(self, message: Any, source: int) -> Any:
        """Hold a message against its schema: each, or the first of each sender. Raises DecodeError."""
        if self.check is not None and source not in self._passed:
            self.check(message)
            if self.check_once and len(self._passed) < MAX_SENDERS:
                self._passed.add(source)
        return message


def _known_of(header: bytes, account: Account) -> tuple[bytes, bytes, bytes, Account]:
    return header[:16], header[_SAME_AT:_NUMBER_AT], header[_PLAIN:], account
