"""Sender and receiver as ezmsg units, each in a process of its own: `ezmsg_app.py LOAD`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import ezmsg.core as ez
import numpy

sys.path.insert(0, str(Path(__file__).parents[2]))

from data_path.traffic import (
    END,
    FLOOD,
    PACED,
    READ_FROM,
    SETTLE_S,
    WARM,
    Load,
    Tally,
    payloads,
    read_all,
    stamp,
)

WARM_UP = 200


class Settings(ez.Settings):
    load: str


class Source(ez.Unit):
    SETTINGS = Settings
    OUTPUT = ez.OutputStream(Any)

    @ez.publisher(OUTPUT)
    async def publish(self) -> AsyncGenerator[Any, None]:
        """As `send_load`, which cannot yield."""
        load = Load.from_arguments(self.SETTINGS.load)
        make = _arrays(load.size) if load.size >= READ_FROM else payloads(load.size)
        await asyncio.sleep(1.0)  # the sink's process
        for phase, count in ((WARM, WARM_UP), (PACED, load.paced)):
            for _ in range(count):
                yield self.OUTPUT, make(stamp(phase))
                await asyncio.sleep(load.gap_s)
            await asyncio.sleep(SETTLE_S)
        began = time.perf_counter_ns()
        message = make(stamp(FLOOD, began))
        for _ in range(load.flood):
            yield self.OUTPUT, message
        yield self.OUTPUT, make(stamp(END, began))


def _arrays(size: int) -> Any:
    """What is large goes as an array, whose memory is not copied into a pickle."""
    arrays = [numpy.zeros(size, numpy.uint8) for _ in range(64)]

    def make(value: int) -> Any:
        arrays.append(arrays.pop(0))
        arrays[0][:8] = numpy.frombuffer(value.to_bytes(8, "little"), numpy.uint8)
        return arrays[0]

    return make


class Sink(ez.Unit):
    SETTINGS = Settings
    INPUT = ez.InputStream(Any)

    async def initialize(self) -> None:
        load = Load.from_arguments(self.SETTINGS.load)
        self.tally, self.large = Tally(load), load.size >= READ_FROM

    @ez.subscriber(INPUT, zero_copy=True)
    async def on_message(self, data: Any) -> None:
        if self.large:
            read_all(data)
        if data[7] == FLOOD:
            self.tally.flood += 1
        elif not self.tally.take(int.from_bytes(bytes(data[:8]), "little")):
            raise ez.NormalTermination


class Both(ez.Collection):
    SETTINGS = Settings
    SOURCE, SINK = Source(), Sink()

    def configure(self) -> None:
        self.SOURCE.apply_settings(self.SETTINGS)
        self.SINK.apply_settings(self.SETTINGS)

    def network(self) -> ez.NetworkDefinition:
        return ((self.SOURCE.OUTPUT, self.SINK.INPUT),)

    def process_components(self) -> Any:
        return (self.SOURCE, self.SINK)


if __name__ == "__main__":
    ez.run(BOTH=Both(Settings(load=sys.argv[1])))
