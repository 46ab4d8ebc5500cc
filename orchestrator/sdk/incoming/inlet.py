"""The way in: from the frames that libzmq has to a node's object."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import zmq

from orchestrator.codecs.base import Codec, DecodeError
from orchestrator.sdk.framing import Peer, split
from orchestrator.sdk.port import Port
from orchestrator.vocabulary import CodecName, SocketType

if TYPE_CHECKING:
    from orchestrator.lanes import InLane

NOBLOCK = int(zmq.NOBLOCK)
Extra = "str | Peer | None"
Found = tuple[Any, "str | Peer | None"]
"""A message, with its topic or its peer."""

_LOOK_EVERY = 63
_ONE_FRAME = (SocketType.PULL, SocketType.PAIR, SocketType.REQ, SocketType.REP)


class Inlet:
    """Takes messages from a socket, with its codec. What cannot be read is told to `port.bad` and passed
    over."""

    def __init__(
        self,
        port: Port,
        codec: Codec,
        *,
        on_bad: Callable[[], None] | None = None,
        max_frames: int | None = None,
    ) -> None:
        self.port = port
        self.pending: deque[Any] = deque()
        """Messages that have come and have not been taken yet."""
        self.kept: dict[Any, Found] = {}
        """The newest message of each topic, where the others do not matter (`delivery: latest`)."""
        self._one_frame = port.type in _ONE_FRAME
        self._on_bad = on_bad
        self.max_frames = max_frames
        """Of a message, at most."""
        self.lane: InLane | None = None
        """The short way, for messages that can go it."""
        self._trusts = self._one_frame and max_frames == 1
        """Whether messages are taken for one frame each without asking libzmq, which takes as long as all the
        rest (measured); every 64th is looked at."""
        self.check: Callable[[Any], None] | None = None
        """Judges a decoded message; raises DecodeError. None when there is nothing to judge."""
        self.check_once = False
        """Whether the first message that passes is the last one to be judged."""
        self._set_codec(codec)

    def _set_codec(self, codec: Codec) -> None:
        self.codec = codec
        self._decode = codec.decode
        self._several = codec.name == CodecName.RAW
        self._as_it_is = self._several and not getattr(codec, "zero_copy", False)
        """Whether a payload is the message."""

    def use_codec(self, codec: Codec) -> None:
        """Decode with another codec from now on."""
        self._set_codec(codec)
        self.heed()

    def use_lane(self, lane: InLane) -> None:
        """Have messages come this way where they can."""
        self.lane = lane
        self.heed()
        self.take = lane.take  # type: ignore[method-assign]

    def heed(self) -> None:
        """See whether somebody taps this socket, and what else has changed. May be called from any thread."""
        if self.lane is not None:
            self._set_lane(self.lane)

    def _set_lane(self, lane: InLane) -> None:
        lane.decode = None if self._as_it_is else self._decode
        lane.check = self.check
        judged_once = self.check is not None and self.check_once
        lane.quick = self.port.tap is None and not judged_once

    @property
    def holds(self) -> bool:
        """Whether something is held that has come already."""
        return bool(self.pending or self.kept) or (self.lane is not None and self.lane.holds)

    def unusual(self, frames: list[bytes], address: str) -> None:
        """A message that has come by the lane, and is not of its kind. What is in it is pending
        afterwards."""
        try:
            self.pending.append(self._read(frames))
        except (DecodeError, ValueError) as error:
            self.bad(str(error), frames, address)

    def misread(self, error: ValueError, frames: list[bytes], address: str, account: Any) -> None:
        """A message that has come by the lane, and cannot be decoded. `account` is its sender's, or None."""
        self.bad(str(error), frames, address)

    def take(self) -> Found | None:
        """The next message that is there already, or None. Never waits."""
        port = self.port
        while self._trusts and port.tap is None:
            try:
                data = port.raw.recv(NOBLOCK)
            except zmq.Again:
                return None
            except zmq.ZMQError as error:
                port.out_of_turn(error, sends=False)
                raise
            counters = port.counters
            counters.received += 1
            counters.received_bytes += len(data)
            if not counters.received & _LOOK_EVERY and port.raw.getsockopt(zmq.RCVMORE):
                self._distrust(data)
                break
            if self._as_it_is:
                return data, None
            try:
                return self.judged(self._decode(data)) if self.check is not None else self._decode(data), None
            except (DecodeError, ValueError) as error:
                self.bad(str(error), [data])
        while True:
            try:
                frame = port.raw.recv(NOBLOCK, False)
            except zmq.Again:
                return None
            except zmq.ZMQError as error:
                port.out_of_turn(error, sends=False)
                raise
            data = frame.bytes
            counters = port.counters
            counters.received += 1
            counters.received_bytes += len(data)
            if self._one_frame and not frame.more and port.tap is None:
                try:
                    if self.check is not None:
                        return self.judged(self._decode(data)), None
                    return self._decode(data), None
                except (DecodeError, ValueError) as error:
                    self.bad(str(error), [data], origin_of(frame))
                    continue
            frames = self.rest(frame)
            try:
                return self._read(frames)
            except (DecodeError, ValueError) as error:
                self.bad(str(error), frames, origin_of(frame))

    def _distrust(self, data: bytes) -> None:
        """A peer sends several frames where the topology says one: from now on each message is looked at."""
        self._trusts = False
        frames = [data, *self.port.raw.recv_multipart(NOBLOCK)]
        self.bad(
            f"{len(frames)} frames, and `limits.frames` is 1; frames of earlier messages may have been "
            "taken for messages of their own",
            frames,
        )

    def rest(self, first: zmq.Frame) -> list[bytes]:
        """All frames of the message that begins with `first`, counted and shown to who taps."""
        frames = [first.bytes]
        port = self.port
        if first.more:
            frame = first
            while frame.more:  # quicker than recv_multipart, which asks the socket for each (measured)
                frame = port.raw.recv(NOBLOCK, False)
                frames.append(frame.bytes)
            port.counters.received_bytes += sum(map(len, frames)) - len(frames[0])
        if port.tap is not None:
            port.tap(frames, False)
        return frames

    def _read(self, frames: list[bytes]) -> Found:
        if not self.port.type.receives:  # XPUB: what arrives are subscriptions, not payloads
            return frames[0], None
        if self.max_frames is not None and len(frames) > self.max_frames:
            raise DecodeError(f"{len(frames)} frames, and `limits.frames` is {self.max_frames}")
        payload, extra = split(self.port.type, frames, self.port.way_back, several=self._several)
        if len(payload) == 1:
            return self.judged(self._decode(payload[0])), extra
        if self._several:
            return payload, extra
        raise DecodeError(f"{len(payload)} payload frames, and {self.codec.name} takes one")

    def judged(self, message: Any) -> Any:
        """Hold a message against its schema. Raises DecodeError."""
        if self.check is not None:
            self.check(message)
            if self.check_once:
                self.check = None
                self.heed()
        return message

    def bad(self, reason: str, frames: list[bytes], origin: str = "") -> None:
        """A message cannot be used. Where it came from is the address of its peer, or what it says itself."""
        self.port.bad(reason, frames, origin)
        if self._on_bad is not None:
            self._on_bad()


def origin_of(source: zmq.Frame | str | None) -> str:
    """The address that a message came from; empty where that is not known. `source` is a frame that can be
    asked, the address itself, or None where nobody knows."""
    if source is None or isinstance(source, str):
        return source or ""
    try:
        return str(source.get("Peer-Address"))
    except (zmq.ZMQError, KeyError, ValueError):
        return ""  # inproc, or the connection is gone
