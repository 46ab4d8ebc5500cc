"""A node's sockets: sending, receiving, iterating, with the codec of the topology.

The node's author sees this.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import zmq

from orchestrator.codecs.base import Codec, DecodeError
from orchestrator.sdk.control import NodeControl
from orchestrator.sdk.draining import DRAINED, TICK_S
from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.framing import Peer, split, topic_frame
from orchestrator.sdk.progress import SocketCounters
from orchestrator.sdk.reporting import Reporter
from orchestrator.vocabulary import CodecName, SocketType

_NOBLOCK = int(zmq.NOBLOCK)
_SNDMORE = int(zmq.SNDMORE)
_ZERO_COPY_BYTES = 65_536
"""From here on handing libzmq the buffer beats copying it; below, the bookkeeping costs more (measured)."""

_LONG_S = 60.0
"""The longest single wait; what has no end is waited for again and again."""

STOP_SEND_S = 0.2
"""How long a send may still wait for room once the node is to stop."""

_TOPIC_TYPES = (SocketType.PUB, SocketType.XPUB)
_PEER_TYPES = (SocketType.ROUTER, SocketType.STREAM)


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
    ) -> None:
        self.name = name
        self.type = socket_type
        self.raw = raw
        """The `zmq.Socket` itself. What goes through it is neither encoded nor counted."""
        self.counters = SocketCounters()
        self.on_send: Callable[[], None] | None = None
        """Called after each message that was sent; the asyncio runner needs it, for sockets that also
        receive."""
        self.codec = codec
        self._encode = codec.encode
        self._decode = codec.decode
        self._control = control
        self._reporter = reporter
        self._multipart = codec.name is CodecName.RAW
        self._topics = tuple(topics or ())
        self._delimiter = delimiter
        self._plain = socket_type.sends and socket_type not in (*_TOPIC_TYPES, *_PEER_TYPES) and not delimiter
        self._plain_send = self._plain
        """Whether a message may leave by the shortest way: it needs one frame, and nobody holds it."""
        self._plain_receive = socket_type in (
            SocketType.PULL,
            SocketType.PAIR,
            SocketType.REQ,
            SocketType.REP,
        )
        control.progress.sockets[name] = self.counters
        control.sockets.append(self)
        self.heed()

    def __repr__(self) -> str:
        return f"<{self.type} socket {self.name!r}>"

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
        if self._plain_send and topic is None and peer is None and type(message) is not list:
            payload = self._encode(message)
            try:
                self.raw.send(payload, _NOBLOCK, len(payload) < _ZERO_COPY_BYTES)
            except zmq.Again:
                self._send_slowly([payload], timeout)
            counters = self.counters
            counters.sent += 1
            counters.sent_bytes += len(payload)
            if self.on_send is not None:
                self.on_send()
            return
        frames = [*self._head(topic, peer), *self._payload(message)]
        if self._control.holds:
            timeout = self._await_release(timeout)
        self._send_frames(frames, timeout)

    def heed(self) -> None:
        """See whether somebody holds this socket. May be called from any thread."""
        self._plain_send = self._plain and self.name not in self._control.holds

    def _await_release(self, timeout: float | None) -> float | None:
        """Wait while the socket is held: somebody it sends to is about to end. What is left of `timeout`."""
        control, began, stop_at = self._control, time.monotonic(), math.inf
        while True:
            now = time.monotonic()
            held_s = control.held_until(self.name) - now
            if held_s <= 0:
                return None if timeout is None else max(0.0, began + timeout - now)
            if control.stopping:
                stop_at = min(stop_at, now + STOP_SEND_S)
                if now >= stop_at:
                    raise Stopped
            left = math.inf if timeout is None else began + timeout - now
            if left <= 0:
                raise Timeout(f"socket {self.name!r}: held for {timeout} s, while a receiver ends")
            control.progress.busy_since = 0.0
            self._wait(0, min(held_s, left, stop_at - now, _LONG_S))
            control.progress.busy_since = time.monotonic()

    def send_nothing(self) -> None:
        """Send the codec's empty value: how a REP answers when there is nothing to say."""
        self._send_frames([self.codec.encode_nothing()], None)

    def request(self, message: Any, *, timeout: float | None = None) -> Any:
        """Send on a REQ (or DEALER) and return the reply. Raises what `send` and `recv` raise."""
        self.send(message, timeout=timeout)
        return self._receive(timeout, True)[0]

    def _payload(self, message: Any) -> list[bytes]:
        if self._multipart and isinstance(message, (list, tuple)):
            if not message:
                raise NodeError(f"socket {self.name!r}: an empty list is no message")
            return [self._encode(part) for part in message]
        return [self._encode(message)]

    def _head(self, topic: str | bytes | None, peer: Peer | None) -> list[bytes]:
        if topic is not None:
            if self.type not in _TOPIC_TYPES:
                raise NodeError(f"socket {self.name!r} is a {self.type}: only PUB and XPUB send topics")
            return [topic_frame(topic)]
        if peer is not None:
            if self.type not in _PEER_TYPES:
                raise NodeError(
                    f"socket {self.name!r} is a {self.type}: only ROUTER and STREAM choose a peer"
                )
            return list(peer.envelope)
        if self.type in _PEER_TYPES:
            raise NodeError(
                f"socket {self.name!r} is a {self.type}: say whom you mean, send(message, peer=peer)",
                "a handler gets the peer as its second argument: def on_requests(self, message, peer)",
            )
        if self._topics:
            if len(self._topics) == 1:
                return [topic_frame(self._topics[0])]
            raise NodeError(
                f"socket {self.name!r} declares the topics {', '.join(self._topics)}: say which one, "
                "send(message, topic=…)"
            )
        return [b""] if self._delimiter else []

    def _send_frames(self, frames: list[bytes], timeout: float | None) -> None:
        try:
            self._put(frames)
        except zmq.Again:
            if self.type in _PEER_TYPES:
                self._undeliverable("its queue is full", frames[0])
                return
            self._send_slowly(frames, timeout)
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            self._undeliverable("it is gone", frames[0])
            return
        counters = self.counters
        counters.sent += 1
        counters.sent_bytes += len(frames[0]) if len(frames) == 1 else sum(map(len, frames))
        if self.on_send is not None:
            self.on_send()

    def _put(self, frames: list[bytes]) -> None:
        """Only the first frame can be refused: libzmq takes a message whole or not at all."""
        send = self.raw.send
        for frame in frames[:-1]:
            send(frame, _NOBLOCK | _SNDMORE)
        last = frames[-1]
        send(last, _NOBLOCK, len(last) < _ZERO_COPY_BYTES)

    def _send_slowly(self, frames: list[bytes], timeout: float | None) -> None:
        """Wait for room. A node that is to stop does not wait for ever for a peer that is gone."""
        give_up = None if timeout is None else time.monotonic() + timeout
        stop_at: float | None = None
        while True:
            now = time.monotonic()
            if self._control.stopping:
                stop_at = stop_at if stop_at is not None else now + STOP_SEND_S
                if now >= stop_at:
                    raise Stopped
            if give_up is not None and now >= give_up:
                raise Timeout(f"socket {self.name!r}: no room for the message within {timeout} s")
            limits = [limit - now for limit in (give_up, stop_at) if limit is not None]
            self._wait(zmq.POLLOUT, min(limits) if limits else None)
            if self._control.holds:
                self._await_release(None if give_up is None else max(0.0, give_up - time.monotonic()))
            try:
                self._put(frames)
                return
            except zmq.Again:
                continue

    def _undeliverable(self, why: str, routing_id: bytes) -> None:
        self.counters.undeliverable += 1
        self._reporter.undeliverable(self.name, Peer((routing_id,)), why, self.counters.undeliverable)

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
            drain = None if answer or control.dispatching or self.type not in DRAINED else control.drain
            if drain is None:
                self._wait(zmq.POLLIN, left)
            else:
                self._wait(zmq.POLLIN, TICK_S if left is None else min(left, TICK_S))
                drain.look([self, *(s for s in control.sockets if s is not self and s.counters.received)])

    def __iter__(self) -> Iterator[Any]:
        """Messages until the node is to stop."""
        while True:
            try:
                message = self.recv()
            except Stopped:
                return
            yield message

    def take(self) -> tuple[Any, str | Peer | None] | None:
        """The next message that is there already, or None. Never waits."""
        while True:
            try:
                frame = self.raw.recv(_NOBLOCK, False)
            except zmq.Again:
                return None
            data = frame.bytes
            counters = self.counters
            counters.received += 1
            counters.received_bytes += len(data)
            try:
                if self._plain_receive and not frame.more:
                    return self._decode(data), None
                return self._read(frame)
            except (DecodeError, ValueError) as error:
                self._undecodable(error, frame)

    def _read(self, first: zmq.Frame) -> tuple[Any, str | Peer | None]:
        frames = [first.bytes]
        if first.more:
            frames += self.raw.recv_multipart(_NOBLOCK)
            self.counters.received_bytes += sum(map(len, frames)) - len(frames[0])
        if not self.type.receives:  # XPUB, REQ-less senders: what arrives are subscriptions, not payloads
            return frames[0], None
        payload, extra = split(self.type, frames)
        if len(payload) == 1:
            return self._decode(payload[0]), extra
        if self._multipart:
            return payload, extra
        raise DecodeError(f"{len(payload)} payload frames, and {self.codec.name} takes one")

    def _undecodable(self, error: Exception, frame: zmq.Frame) -> None:
        self.counters.undecodable += 1
        try:
            origin = str(frame.get("Peer-Address"))
        except (zmq.ZMQError, KeyError, ValueError):
            origin = ""  # inproc, or the connection is gone
        self._reporter.undecodable(self.name, error, origin, self.counters.undecodable)
        if self.type is SocketType.REP:
            self.send_nothing()  # a REP that does not answer can never receive again

    def _wait(self, events: int, timeout: float | None) -> None:
        """Wait for the socket, the wake descriptor, or the time. Commands are carried out here."""
        control = self._control
        interest: list[tuple[Any, int]] = [(self.raw, events)] if events else []
        if not (control.stopping and events != zmq.POLLIN):
            interest.append((control.wake.fd, zmq.POLLIN))
        milliseconds = -1 if timeout is None else max(0, round(timeout * 1000 + 0.5))
        for item, _ in zmq.zmq_poll(interest, milliseconds):
            if item == control.wake.fd:
                control.run_commands()

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


class Sockets:
    """A node's sockets by name: `self.sockets.ticks`, `self.sockets["order-book"]`.

    Iterates over the sockets.
    """

    def __init__(self, sockets: Sequence[Socket] = ()) -> None:
        self._by_name = {s.name: s for s in sockets}
        self._by_attribute = {attribute(s.name): s for s in sockets}

    def __getattr__(self, name: str) -> Socket:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._by_attribute.get(name)
        if found is None:
            known = ", ".join(self._by_name) or "none"
            raise AttributeError(f"the topology gives this node no socket {name!r} (it has: {known})")
        return found

    def __getitem__(self, name: str) -> Socket:
        found = self._by_name.get(name)
        return found if found is not None else self.__getattr__(name)

    def __iter__(self) -> Iterator[Socket]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name


def attribute(name: str) -> str:
    """A socket's name as a Python word: `order-book` is reached as `order_book` and handled by
    `on_order_book`."""
    return name.replace("-", "_").replace(".", "_")
