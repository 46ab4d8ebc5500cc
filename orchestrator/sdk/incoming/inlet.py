"""The way in: from the frames that libzmq has to a node's object."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import zmq

from orchestrator.codecs.base import Codec, DecodeError
from orchestrator.sdk.framing import Peer, split
from orchestrator.sdk.port import Port
from orchestrator.vocabulary import CodecName, SocketType

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
        self._max_frames = max_frames
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

    use_codec = _set_codec

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
            if self._several:
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
                    self.bad(str(error), [data], frame)
                    continue
            frames = self.rest(frame)
            try:
                return self._read(frames)
            except (DecodeError, ValueError) as error:
                self.bad(str(error), frames, frame)

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
        if self._max_frames is not None and len(frames) > self._max_frames:
            raise DecodeError(f"{len(frames)} frames, and `limits.frames` is {self._max_frames}")
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
        return message

    def bad(self, reason: str, frames: list[bytes], frame: zmq.Frame | None = None, sender: str = "") -> None:
        """A message cannot be used. Where it came from is the address of its peer, or what it says itself."""
        self.port.bad(reason, frames, origin_of(frame) or sender)
        if self._on_bad is not None:
            self._on_bad()


def origin_of(frame: zmq.Frame | None) -> str:
    if frame is None:
        return ""
    try:
        return str(frame.get("Peer-Address"))
    except (zmq.ZMQError, KeyError, ValueError):
        return ""  # inproc, or the connection is gone
