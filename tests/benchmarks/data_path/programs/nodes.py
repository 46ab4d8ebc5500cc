"""Sender and receiver as nodes of a topology."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from data_path.traffic import FLOOD, READ_FROM, Buffers, Load, Tally, content, payloads, read_all, send_load

from orchestrator.sdk import Node


def records(size: int) -> Callable[[int], Any]:
    """A map of about so many bytes in MessagePack; the smallest is a number alone."""
    if size < 64:
        return lambda value: value
    data = content(size - 24)  # a multiple of eight
    return lambda value: {"t": value, "data": data}


def arrays(size: int) -> Callable[[int], Any]:
    import numpy

    buffers = Buffers(size)
    return lambda value: numpy.frombuffer(buffers.make(value), numpy.uint8)


MANY = 500
MAKERS = {"bytes": payloads, "records": records, "arrays": arrays}


@dataclass
class Told:
    load: str
    form: str = "bytes"


class Source(Node):
    Params = Told
    params: Told

    def run(self) -> None:
        load = Load.from_arguments(self.params.load)
        out, make = self.sockets.ticks, MAKERS[self.params.form](load.size)
        # what waits in a batch leaves in time only while the node sleeps by its own means
        send_load(load, out.send, make, rest=self.sleep, send_all=self.all_of_them())
        while self.sleep(0.05):
            pass

    def all_of_them(self) -> Callable[[Any, int], None] | None:
        return None


class ManySource(Source):
    """Has its messages by the hundred."""

    def all_of_them(self) -> Callable[[Any, int], None]:
        send_many = self.sockets.ticks.send_many

        def send_all(message: Any, count: int) -> None:
            for left in range(count, 0, -MANY):
                send_many([message] * min(left, MANY))

        return send_all


class Sink(Node):
    """A method for each message, as most nodes are written."""

    Params = Told
    params: Told

    def setup(self) -> None:
        self.load = Load.from_arguments(self.params.load)
        self.tally = Tally(self.load)
        self.large = self.load.size >= READ_FROM

    def on_ticks(self, message: bytes) -> None:
        if self.large:
            read_all(message)
        if message[7] == FLOOD:
            self.tally.flood += 1
        else:
            self.tally.take(int.from_bytes(message[:8], "little"))


class ViewSink(Sink):
    """Its messages stay where libzmq has put them."""

    def on_ticks(self, message: memoryview) -> None:  # type: ignore[override]
        read_all(message)
        if message[7] == FLOOD:
            self.tally.flood += 1
        else:
            self.tally.take(int.from_bytes(message[:8], "little"))


class LoopSink(Sink):
    """A node that owns its loop."""

    def run(self) -> None:
        large, tally = self.large, self.tally
        for message in self.sockets.ticks:
            if large:
                read_all(message)
            if message[7] == FLOOD:
                tally.flood += 1
            else:
                tally.take(int.from_bytes(message[:8], "little"))


class RecordSink(Sink):
    """Its messages are objects."""

    def on_ticks(self, message: Any) -> None:  # type: ignore[override]
        if self.large:
            read_all(message["data"])
        value = message if isinstance(message, int) else message["t"]
        if value >> 56 == FLOOD:
            self.tally.flood += 1
        else:
            self.tally.take(value)


class ArraySink(Sink):
    """Its messages are numpy's arrays."""

    def on_ticks(self, message: Any) -> None:
        read_all(message)
        if message[7] == FLOOD:
            self.tally.flood += 1
        else:
            self.tally.take(int.from_bytes(message[:8].tobytes(), "little"))
