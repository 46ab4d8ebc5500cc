"""What happens to a message for which there is no room (`delivery`), where its sender does not wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import zmq

from orchestrator.sdk.framing import Frames
from orchestrator.sdk.port import STOP_SEND_S, Port
from orchestrator.vocabulary import SocketType

_RETRY_S: Final = 0.001
"""How soon the newest message of a `latest` socket is tried again."""
_HOLD_UP_S: Final = 0.05
"""How long a publisher's newest message waits for the slowest subscriber."""
_END_S: Final = 10.0
"""How long the last message of such a socket waits for room when its node ends by itself."""


class Dropping:
    """`delivery: drop`: what finds no room is not sent, and counted."""

    def __init__(self, port: Port) -> None:
        self._port = port

    def __call__(self, _frames: Frames, _timeout: float | None, records: int) -> bool:
        counters = self._port.counters
        counters.dropped += records
        self._port.reporter.dropped(self._port.name, counters.dropped, "the queue was full")
        return False


class Newest:
    """`delivery: latest`: the newest message of each topic waits until there is room, and takes the place of
    the one that waited before it.

    A publisher is full when one of its subscribers is. It waits for that one a moment, and then gives the
    message to the others alone: nobody holds up the rest.
    """

    def __init__(self, port: Port, hand_over: Callable[[Frames], object], *, seen: bool) -> None:
        """`hand_over` gives frames to libzmq (raises zmq.Again where there is no room). `seen`: the receivers
        see by the numbers what was passed over, and count it."""
        self._port = port
        self._hand_over = hand_over
        self._seen = seen
        self._publishes = port.type in (SocketType.PUB, SocketType.XPUB)
        self._waiting: dict[bytes, tuple[Frames, float, int]] = {}
        """topic (or nothing) -> the frames, since when something waits there, and their records."""

    def __call__(self, frames: Frames, _timeout: float | None, records: int) -> bool:
        """There is no room for these frames: they wait, and count as sent."""
        chores = self._port.control.chores
        key = self._key(frames)
        found = self._waiting.get(key)
        self._overtaken(key)
        self._waiting[key] = (frames, chores.clock() if found is None else found[1], records)
        chores.after(_RETRY_S, self._again)
        return True

    def _key(self, frames: Frames) -> bytes:
        return bytes(frames[0]) if self._publishes and len(frames) > 1 else b""

    def _again(self) -> None:
        now = self._port.control.chores.clock()
        for key, (frames, since, _) in tuple(self._waiting.items()):
            try:
                self._hand_over(frames)
            except zmq.Again:
                if not self._publishes or now - since < _HOLD_UP_S:
                    continue
                self._to_those_with_room(frames)
            del self._waiting[key]
        if self._waiting:
            self._port.control.chores.after(_RETRY_S, self._again)

    def _to_those_with_room(self, frames: Frames) -> None:
        raw = self._port.raw
        raw.setsockopt(zmq.XPUB_NODROP, 0)
        try:
            self._hand_over(frames)
        finally:
            raw.setsockopt(zmq.XPUB_NODROP, 1)

    def note(self, frames: Frames) -> None:
        """These frames count as sent: what waited before them is overtaken, unless it is they."""
        key = self._key(frames)
        found = self._waiting.get(key)
        if found is not None and found[0] is not frames:
            self._overtaken(key)

    def _overtaken(self, key: bytes) -> None:
        found = self._waiting.pop(key, None)
        if found is not None and not self._seen:
            self._port.counters.dropped += found[2]

    def end(self) -> None:
        """Have what waits sent, as long as that takes within reason."""
        control = self._port.control
        until = time.monotonic() + _END_S
        while self._waiting and time.monotonic() < until:
            if control.stopping:
                until = min(until, time.monotonic() + STOP_SEND_S)
            self._port.wait(0, _RETRY_S)
        for key in tuple(self._waiting):
            self._overtaken(key)
