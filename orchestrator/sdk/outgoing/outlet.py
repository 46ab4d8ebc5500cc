"""The way out: from a node's object to frames that libzmq has taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.codecs.base import Codec
from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.framing import Frames, Peer, topic_frame
from orchestrator.sdk.port import STOP_SEND_S, Port
from orchestrator.vocabulary import CodecName, SocketType

if TYPE_CHECKING:
    from orchestrator.lanes import OutLane
    from orchestrator.sdk.outgoing.full import Newest
    from orchestrator.sdk.outgoing.gate import Gate

NOBLOCK = int(zmq.NOBLOCK)
SNDMORE = int(zmq.SNDMORE)
ZERO_COPY_BYTES = 65_536
"""From here on handing libzmq the buffer beats copying it; below, the bookkeeping costs more (measured)."""

TOPIC_TYPES = (SocketType.PUB, SocketType.XPUB)
PEER_TYPES = (SocketType.ROUTER, SocketType.STREAM)

FULL_S = (0.0002, 0.005)
"""First and longest pause where a publisher waits for its slowest subscriber, or a ROUTER for a peer: both
are writable at all times (xhas_out of libzmq's dist_t and router_t)."""

OnFull = Callable[[Frames, "float | None", int], bool]


class Outlet:
    """Sends what a node gives it, with the codec of its socket. Waits while there is no room, where the
    socket's type waits at all."""

    def __init__(
        self, port: Port, codec: Codec, *, topics: Sequence[str] = (), delimiter: bool = False
    ) -> None:
        self.port = port
        self._topics = tuple(topics)
        self._delimiter = delimiter
        self._single = port.type.sends and port.type not in (*TOPIC_TYPES, *PEER_TYPES) and not delimiter
        """Whether a message needs one frame."""
        self._quick = self._single
        """Whether it may leave by the shortest way: nobody holds the socket, nobody taps it."""
        self.lane: OutLane | None = None
        """The short way, for messages that can go it."""
        self.check: Callable[[Any], None] | None = None
        """Judges a message before it is encoded; raises EncodeError. None when there is nothing to judge."""
        self.check_once = False
        """Whether the first message that passes is the last one to be judged."""
        self.lossless = False
        """Whether a ROUTER waits for a peer whose queue is full."""
        self.on_full: OnFull | None = None
        """What is done with so many records when there is no room, instead of waiting; whether they are sent
        after all."""
        self.newest: Newest | None = None
        """Keeps the newest message until there is room for it (`delivery: latest`)."""
        self.gate: Gate | None = None
        """What the first message waits for."""
        self.waits = 0
        """How many messages wait for room. Meanwhile a timer may send others, which overtake them."""
        self.use_codec(codec)

    def use_codec(self, codec: Codec) -> None:
        """Encode with another codec from now on."""
        self.codec = codec
        self._encode = codec.encode
        self._several = codec.name == CodecName.RAW
        self.heed()

    def heed(self) -> None:
        """See whether somebody holds or taps this socket, and what else has changed. May be called from any
        thread."""
        while True:
            clear = self._is_clear()
            self._quick = self._single and clear
            if self.lane is not None:
                self._set_lane(self.lane, clear)
            if self._is_clear() == clear:  # else another thread has held it meanwhile
                return

    def _is_clear(self) -> bool:
        """Whether messages may leave without a look at anything else."""
        port = self.port
        held = port.name in port.control.holds
        return port.tap is None and not held and self.gate is None and self.newest is None

    def _set_lane(self, lane: OutLane, clear: bool) -> None:
        lane.encode = None if self._several else self._encode
        lane.check = self.check
        lane.head = self._topics[0] if len(self._topics) == 1 else None
        judged_once = self.check is not None and self.check_once
        lane.quick = clear and self.port.on_send is None and not judged_once

    def use_lane(self, lane: OutLane) -> None:
        """Have messages go this way where they can."""
        self.lane = lane
        self.heed()
        self.send = lane  # type: ignore[method-assign]  # it is called as the method is

    def hand_on(self, payload: Any, topic: str | None) -> None:
        """A payload that cannot go the short way, ready to be sent. Raises what `send` raises."""
        self.put([*self.head(topic, None), payload], self.cleared(None))

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
        if self._quick and topic is None and peer is None and type(message) is not list:
            if self.check is not None:
                self.judge(message)
            payload = message if self._several and type(message) is bytes else self._encode(message)
            port = self.port
            try:
                port.raw_send(payload, NOBLOCK, len(payload) < ZERO_COPY_BYTES)
            except zmq.Again:
                if not self._full([payload], timeout):
                    return
            except zmq.ZMQError as error:
                port.out_of_turn(error, sends=True)
                raise
            counters = port.counters
            counters.sent += 1
            counters.sent_bytes += len(payload)
            if port.on_send is not None:
                port.on_send()
            return
        self._send(message, topic, peer, timeout)

    def send_many(self, messages: Iterable[Any], *, topic: str | bytes | None = None) -> None:
        """Send all of them, one after another."""
        send = self.send
        if topic is None:
            for message in messages:
                send(message)
            return
        for message in messages:
            send(message, topic=topic)

    def send_nothing(self, peer: Peer | None = None) -> None:
        """Send the codec's empty value: how a REP answers when there is nothing to say."""
        self.put([*self.head(None, peer), self.codec.encode_nothing()], None)

    def flush(self) -> None:
        """Send off what waits for company; here nothing does."""

    def end(self) -> None:
        """The node sends nothing more on this socket."""
        self.flush()
        if self.newest is not None:
            self.newest.end()

    # ---------------------------------------------------------------- frames

    def _send(
        self, message: Any, topic: str | bytes | None, peer: Peer | None, timeout: float | None
    ) -> None:
        head = self.head(topic, peer)
        self.judge(message)
        frames = [*head, *self.payload(message)]
        self.put(frames, self.cleared(timeout))

    def cleared(self, timeout: float | None) -> float | None:
        """Wait until a message may leave; what is left of `timeout`. Raises Timeout, Stopped, NodeError."""
        if self.gate is not None:
            timeout = self.gate.wait(timeout)
            self.gate = None
            self.heed()
        if self.port.control.holds:
            timeout = self.port.await_release(timeout)
        return timeout

    def judge(self, message: Any) -> None:
        """Hold a message against its schema. Raises EncodeError."""
        if self.check is not None:
            self.check(message)
            if self.check_once:
                self.check = None
                self.heed()

    def payload(self, message: Any) -> Frames:
        """The frames of a message's payload. Raises EncodeError."""
        if self._several and isinstance(message, (list, tuple)):
            if not message:
                raise NodeError(f"socket {self.port.name!r}: an empty list is no message")
            return [self._encode(part) for part in message]
        return [self._encode(message)]

    def head(self, topic: str | bytes | None, peer: Peer | None) -> Frames:
        """The frames before the payload. Raises NodeError for arguments that do not fit the socket."""
        port = self.port
        if topic is not None:
            if port.type not in TOPIC_TYPES:
                raise NodeError(f"socket {port.name!r} is a {port.type}: only PUB and XPUB send topics")
            return [topic_frame(topic)]
        if peer is not None:
            if port.type not in PEER_TYPES and port.type is not SocketType.DEALER:
                raise NodeError(
                    f"socket {port.name!r} is a {port.type}: only ROUTER and STREAM choose a peer"
                )
            return list(peer.envelope)
        if port.type in PEER_TYPES:
            raise NodeError(
                f"socket {port.name!r} is a {port.type}: say whom you mean, send(message, peer=peer)",
                "a handler gets the peer as its second argument: def on_requests(self, message, peer)",
            )
        if self._topics:
            if len(self._topics) == 1:
                return [topic_frame(self._topics[0])]
            raise NodeError(
                f"socket {port.name!r} declares the topics {', '.join(self._topics)}: say which one, "
                "send(message, topic=…)"
            )
        return [b""] if self._delimiter else []

    # ---------------------------------------------------------------- to libzmq

    def put(self, frames: Frames, timeout: float | None, records: int = 1) -> bool:
        """Hand a message of so many records to libzmq; wait for room. Whether it took it: a ROUTER's peer
        may be gone or full, and that is counted. Raises Timeout and Stopped."""
        port = self.port
        try:
            self._put(frames)
        except zmq.Again:
            if port.type in PEER_TYPES and not self.lossless:
                self._undeliverable("its queue is full", frames[0], records)
                return False
            if not self._full(frames, timeout, records):
                return False
        except zmq.ZMQError as error:
            port.out_of_turn(error, sends=True)
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._undeliverable("it is gone", frames[0], records)
            return False
        counters = port.counters
        counters.sent += records
        counters.sent_bytes += len(frames[0]) if len(frames) == 1 else sum(map(len, frames))
        if self.newest is not None:
            self.newest.note(frames)
        if port.tap is not None:
            port.tap(frames, True)
        if port.on_send is not None:
            port.on_send()
        return True

    def forward(self, frames: Sequence[bytes]) -> None:
        """Send frames as they are, without waiting. What finds no room is counted as dropped."""
        try:
            self._put(list(frames))
        except zmq.ZMQError:
            self.port.counters.dropped += 1
            return
        self.port.counters.sent += 1
        self.port.counters.sent_bytes += sum(map(len, frames))

    def _full(self, frames: Frames, timeout: float | None, records: int = 1) -> bool:
        """There is no room. Whether the message was sent after all."""
        if self.on_full is not None and timeout != 0:
            return self.on_full(frames, timeout, records)
        self._send_slowly(frames, timeout)
        return True

    def hand_over(self, frames: Frames) -> None:
        """Give frames to libzmq, uncounted. Raises zmq.Again when there is no room."""
        self._put(frames)

    def hand_over_slowly(self, frames: Frames, timeout: float) -> None:
        """The same, waiting for room. Raises Timeout and Stopped."""
        self._await_room(frames, timeout, time.monotonic())

    def _put(self, frames: Frames) -> None:
        """Only the first frame can be refused: libzmq takes a message whole or not at all."""
        send = self.port.raw_send
        for frame in frames[:-1]:
            send(frame, NOBLOCK | SNDMORE, len(frame) < ZERO_COPY_BYTES)
        last = frames[-1]
        send(last, NOBLOCK, len(last) < ZERO_COPY_BYTES)

    def _send_slowly(self, frames: Frames, timeout: float | None) -> None:
        """Wait for room. A node that is to stop does not wait for ever for a peer that is gone. Whoever waits
        does not stand still: it is the receiver that is slow."""
        counters, progress = self.port.counters, self.port.control.progress
        counters.wait_begins()
        self.waits += 1
        busy_since, progress.busy_since = progress.busy_since, 0.0
        try:
            self._await_room(frames, timeout, time.monotonic())
        finally:
            self.waits -= 1
            counters.wait_ends()
            progress.busy_since = time.monotonic() if busy_since else 0.0

    def _await_room(self, frames: Frames, timeout: float | None, began: float) -> None:
        port = self.port
        give_up = None if timeout is None else began + timeout
        stop_at: float | None = None
        pause = FULL_S[0]
        while True:
            now = time.monotonic()
            if port.control.stopping:
                stop_at = stop_at if stop_at is not None else now + STOP_SEND_S
                if now >= stop_at:
                    raise Stopped
            if give_up is not None and now >= give_up:
                raise Timeout(f"socket {port.name!r}: no room for the message within {timeout} s")
            limits = [limit - now for limit in (give_up, stop_at) if limit is not None]
            if port.type in (*TOPIC_TYPES, *PEER_TYPES):
                port.wait(0, min([pause, *limits]))
                pause = min(pause * 2, FULL_S[1])
            else:
                port.wait(zmq.POLLOUT, min(limits) if limits else None)
            if port.control.holds:
                port.await_release(None if give_up is None else max(0.0, give_up - time.monotonic()))
            try:
                self._put(frames)
                return
            except zmq.Again:
                continue

    def _undeliverable(self, why: str, routing_id: bytes, records: int) -> None:
        counters = self.port.counters
        counters.undeliverable += records
        self.port.reporter.undeliverable(self.port.name, Peer((routing_id,)), why, counters.undeliverable)
