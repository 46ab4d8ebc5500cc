"""The load, as every sender makes it and every receiver sees it. Runs in the peers' environments as well: needs
nothing but the standard library, and numpy where large payloads are read.

A payload begins with eight bytes: nanoseconds of the monotonic clock, little-endian, whose highest byte is the
phase in their place (no clock gets there). Warm-up and paced messages tell when they were sent, the last one when the
flood began, whose messages are all alike.
"""

from __future__ import annotations

import json
import random
import time
from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WARM, PACED, FLOOD, END = 1, 2, 3, 4
READ_FROM = 64 * 1024
"""Bytes from which on receivers read a payload to its end: below, the first bytes stand for all."""
_TIME = (1 << 56) - 1
_WARM_UP = 200
SETTLE_S = 0.3
"""Between the phases, so that none meets the rest of the one before."""


@dataclass(frozen=True, kw_only=True)
class Load:
    size: int
    """Bytes of a payload; at least 8."""
    paced: int
    """Messages one by one, for the latency."""
    gap_s: float
    """Between two of them."""
    flood: int
    """Messages as fast as they can be sent."""
    result: str
    """The file for what the receiver has found."""

    def arguments(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_arguments(text: str) -> Load:
        return Load(**json.loads(text))


def stamp(phase: int, when: int | None = None) -> int:
    """The first eight bytes as a number; `when` is now, if it is not told."""
    return phase << 56 | (time.perf_counter_ns() if when is None else when)


def content(size: int) -> bytes:
    """The same bytes in each run: words in no order, which compress like what programs send."""
    chance = random.Random(1)
    words = [b"%x" % chance.getrandbits(24) for _ in range(200)]
    return b" ".join(chance.choices(words, k=size // 6 + 1))[:size].ljust(size)


def payloads(size: int) -> Callable[[int], bytes]:
    """Makes the payload with a stamp."""
    tail = content(size - 8)
    return lambda value: value.to_bytes(8, "little") + tail


class Buffers:
    """Payloads that libzmq or somebody else still reads while the next one is made: several, in turn."""

    def __init__(self, size: int, count: int = 64) -> None:
        self._buffers = [bytearray(size) for _ in range(count)]
        self._next = 0

    def make(self, value: int) -> bytearray:
        self._next = (self._next + 1) % len(self._buffers)
        buffer = self._buffers[self._next]
        buffer[:8] = value.to_bytes(8, "little")
        return buffer


def read_all(data: Any) -> None:
    """Look at every byte of something with a buffer."""
    import numpy

    numpy.frombuffer(data, numpy.uint64).sum()


def send_load(
    load: Load,
    send: Callable[[Any], object],
    make: Callable[[int], Any],
    *,
    rest: Callable[[float], object] = time.sleep,
    send_all: Callable[[Any, int], object] | None = None,
) -> None:
    """All that a sender does. `make` builds the message with a stamp, `send` waits where there is no room, `rest`
    waits for so many seconds. `send_all` sends a message so many times, where there is a better way than one by one.
    """
    for phase, count in ((WARM, _WARM_UP), (PACED, load.paced)):
        for _ in range(count):
            send(make(stamp(phase)))
            rest(load.gap_s)
        rest(SETTLE_S)
    began = time.perf_counter_ns()
    message = make(stamp(FLOOD, began))
    spent = time.thread_time_ns()
    if send_all is not None:
        send_all(message, load.flood)
    else:
        for _ in range(load.flood):
            send(message)
    spent = time.thread_time_ns() - spent
    Path(load.result).with_suffix(".sender").write_text(str(spent // load.flood))
    send(make(stamp(END, began)))


class Tally:
    """What a receiver has seen."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.latencies = array("q")
        self.flood = 0
        self._spent = 0

    def take(self, value: int) -> bool:
        """A message with this stamp has been read. False when it was the last one."""
        now = time.perf_counter_ns()
        phase, when = value >> 56, value & _TIME
        if phase == FLOOD:
            self.flood += 1
        elif phase == PACED:
            self.latencies.append(now - when)
            self._spent = time.thread_time_ns()
        elif phase == END:
            self._write((now - when) / 1e9)
            return False
        return True

    def _write(self, seconds: float) -> None:
        spent = time.thread_time_ns() - self._spent
        found = {
            "latencies_ns": self.latencies.tolist(),
            "flood": self.flood,
            "seconds": seconds,
            "spent_ns": spent // max(1, self.flood),
        }
        path = Path(self.load.result)
        path.with_suffix(".part").write_text(json.dumps(found))
        path.with_suffix(".part").replace(path)
