"""How the end of a stream reaches everyone who reads it.

The last word of a sender tells which number would have come next, so that a receiver knows what it missed.
A publisher drops that word like any other message where a subscriber's queue is full, and nobody says so:
a pipe that was full once gets nothing until its reader has made room. So the word is said again until each
subscriber has answered. It answers by the only way it has: it subscribes to an answer, and takes that back.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from typing import Final

import zmq

from orchestrator.sdk.errors import Stopped, Timeout
from orchestrator.sdk.framing import Frames
from orchestrator.sdk.outgoing.outlet import Outlet
from orchestrator.sdk.port import STOP_SEND_S, Port
from orchestrator.vocabulary import SocketType

END_S: Final = 10.0
"""How long the end of a stream is said, or waits for room, when a node ends by itself."""
_PAUSE_S: Final = (0.005, 0.25)
"""First and longest pause before it is said again."""
_MARK: Final = b"\xc1ZEND"
"""What an answer begins with; the source of the stream (8 bytes, little-endian) and 8 bytes of the
subscriber's own follow."""
_TIDY_S: Final = 10.0
"""How often subscriptions that nobody asks about are read away."""

_OWN: Final = random.SystemRandom()


def new_subscriber() -> bytes:
    """What tells one subscriber from the others: 8 random bytes."""
    return _OWN.randbytes(8)


def answer_end(port: Port, source: int, subscriber: bytes) -> None:
    """Tell the publishers that a subscriber has heard where the stream of `source` ends."""
    answer = _MARK + source.to_bytes(8, "little") + subscriber
    if port.type is SocketType.SUB:
        port.raw.setsockopt(zmq.SUBSCRIBE, answer)
        port.raw.setsockopt(zmq.UNSUBSCRIBE, answer)


def say_once(outlet: Outlet, words: list[Frames]) -> None:
    """Say it where a socket waits for room. It is no message: it is not counted, and not waited with for
    ever."""
    for frames in words:
        try:
            outlet.hand_over(frames)
        except zmq.Again:
            try:
                outlet.hand_over_slowly(frames, END_S)
            except (Stopped, Timeout):
                return
        except zmq.ZMQError:
            return


class Farewell:
    """The end of a publisher's stream."""

    def __init__(self, port: Port, source: int, expected: Callable[[], int]) -> None:
        """`expected` tells how many subscribers there are that answer."""
        self._port = port
        self._mark = _MARK + source.to_bytes(8, "little")
        self._expected = expected
        self._answers: set[bytes] = set()
        port.control.chores.after(_TIDY_S, self._tidy)

    def __call__(self, outlet: Outlet, words: list[Frames]) -> None:
        """Say `words` until everyone has answered, or it has taken long enough."""
        control = self._port.control
        until = time.monotonic() + (STOP_SEND_S if control.stopping else END_S)
        pause, needed, again = _PAUSE_S[0], self._expected(), len(words) > 1
        while True:
            for frames in words:
                with contextlib.suppress(zmq.ZMQError):  # it is said again in a moment
                    outlet.hand_over(frames)
            self._port.wait(0, pause)
            self._read()
            if control.stopping:
                until = min(until, time.monotonic() + STOP_SEND_S)
            here = self._expected()
            needed = max(needed, here)  # one that has answered and gone stands for nobody who has not
            done = not here or len(self._answers) >= needed
            if (done and not again) or time.monotonic() >= until:
                return
            if done:  # an answer to one of the words may have come while there was no room for another
                pause, again = _PAUSE_S[0], False
            else:
                pause = min(2 * pause, _PAUSE_S[1])

    def _read(self) -> None:
        """Take in what subscribers have asked for (zmq_socket(3), ZMQ_XPUB)."""
        while True:
            try:
                told = self._port.raw.recv(zmq.NOBLOCK)
            except zmq.ZMQError:
                return
            if told[:1] == b"\1" and told.startswith(self._mark, 1):
                self._answers.add(told)

    def _tidy(self) -> None:
        """What is not read would be kept for ever."""
        if not self._port.raw.closed:
            self._read()
            self._port.control.chores.after(_TIDY_S, self._tidy)
