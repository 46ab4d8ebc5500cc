"""A forwarder between the two ends of a connection: bytes in, bytes out, and what is to go wrong with them.

It knows nothing of ZeroMQ. Belongs to one event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, TypeAlias

_CHUNK: Final = 1 << 16
_QUEUED: Final = 64
"""Chunks that wait for their time in each direction; then the sender is not read any more."""
_SLICE_S: Final = 0.02
"""A throttled connection gets so much of its rate at once."""

Open: TypeAlias = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
"""Makes the connection onwards. Raises OSError when there is nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What happens to the bytes."""

    held: bool = False
    """Nothing passes."""
    delay_s: float = 0.0
    jitter_s: float = 0.0
    rate: float | None = None
    """Bytes in each second, each way; None: as many as come."""
    back: bool = True
    """Whether what comes back to those who have connected is treated so, too."""


CLEAR: Final = Weather()


@dataclass(frozen=True, slots=True)
class _Way:
    """One direction of an owner's connection."""

    owner: Hashable
    back: bool


Sort: TypeAlias = Callable[[socket.socket], Hashable]
"""Says whose an accepted connection is."""


def _nobody(_: socket.socket) -> Hashable:
    return None


class Forwarder:
    """Accepts at a bound socket, and forwards each connection by `onwards`.

    `chance` gives numbers from 0 to 1, for the jitter. With `sort`, connections have owners, and each owner
    weather of its own.
    """

    def __init__(
        self, listening: socket.socket, onwards: Open, chance: Callable[[], float], sort: Sort = _nobody
    ) -> None:
        self._sort = sort
        self._address = listening.getsockname()
        self._family = listening.family
        self._onwards = onwards
        self._chance = chance
        self._weathers: dict[Hashable, Weather] = {}
        self._changed = asyncio.Event()
        self._connections: dict[asyncio.Task[None], Hashable] = {}
        self._listening: socket.socket | None = listening
        self._server: asyncio.Server | None = None
        self.passed = 0
        """Bytes that have been forwarded."""

    def connections(self, owner: Hashable = None) -> int:
        """How many there are of an owner."""
        return sum(whose == owner for whose in self._connections.values())

    async def open(self) -> None:
        """Accept from now on."""
        if self._server is None:
            listening, self._listening = self._listening or self._bound(), None
            self._server = await asyncio.start_server(self._accepted, sock=listening, backlog=1024)

    async def cut(self) -> None:
        """Break all connections, and refuse new ones until `open`."""
        if self._server is not None:
            self._server.close()
            self._server = None
            if self._family != socket.AF_UNIX:
                self._listening = (
                    self._bound()
                )  # it refuses as long as it does not listen, and keeps the port
        await self._break()

    def set(self, weather: Weather, owner: Hashable = None) -> None:
        """Treat the bytes of an owner in another way from now on."""
        self._weathers[owner] = weather
        self._changed.set()
        self._changed = asyncio.Event()

    async def close(self) -> None:
        """Break everything, and give everything back."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._listening is not None:
            self._listening.close()
        await self._break()

    def _bound(self) -> socket.socket:
        made = socket.socket(self._family, socket.SOCK_STREAM)
        if self._family == socket.AF_UNIX:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._address)  # noqa: PTH108 - it may be bytes
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(self._address)
        made.setblocking(False)
        return made

    async def _break(self) -> None:
        tasks = tuple(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ------------------------------------------------------------------ one connection

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        owner = self._sort(writer.get_extra_info("socket"))
        task = asyncio.get_running_loop().create_task(self._forward(reader, writer, owner))
        self._connections[task] = owner
        task.add_done_callback(self._connections.pop)

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, owner: Hashable
    ) -> None:
        onwards: asyncio.StreamWriter | None = None
        try:
            answers, onwards = await self._onwards()
            await self._both(
                asyncio.gather(
                    self._pump(reader, onwards, _Way(owner, False)),
                    self._pump(answers, writer, _Way(owner, True)),
                )
            )
            for used in (writer, onwards):  # what is written has not left yet
                used.close()
                await used.wait_closed()
        except OSError:
            pass  # one end has gone: so does the other
        finally:
            for end in (writer, onwards):
                if end is not None:
                    end.transport.abort()

    async def _both(self, pumps: asyncio.Future[tuple[None, None]]) -> None:
        try:
            await pumps
        finally:
            pumps.cancel()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await pumps

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: _Way) -> None:
        """One direction, to its end. The end of the stream is handed on; the other direction goes on."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUED)
        filling = asyncio.get_running_loop().create_task(self._fill(reader, waiting, way))
        try:
            while True:
                due, data = await waiting.get()
                await self._until(due, way)
                if not data:
                    break
                await self._write(writer, data, way)
            if writer.can_write_eof():
                writer.write_eof()
        finally:
            filling.cancel()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await filling

    async def _fill(
        self, reader: asyncio.StreamReader, waiting: asyncio.Queue[tuple[float, bytes]], way: _Way
    ) -> None:
        loop, due = asyncio.get_running_loop(), 0.0
        while True:
            try:
                data = await reader.read(_CHUNK)
            except OSError:
                data = b""
            weather = self._here(way)
            late_s = weather.delay_s + weather.jitter_s * self._chance()
            due = max(due, loop.time() + late_s)  # in their order
            await waiting.put((due, data))
            if not data:
                return

    def _here(self, way: _Way) -> Weather:
        weather = self._weathers.get(way.owner, CLEAR)
        return CLEAR if way.back and not weather.back else weather

    async def _until(self, due: float, way: _Way) -> None:
        """Wait for a chunk's time, and for the weather to let anything pass."""
        loop = asyncio.get_running_loop()
        while (held := self._here(way).held) or loop.time() < due:
            changed = self._changed
            left = None if held else due - loop.time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), left)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes, way: _Way) -> None:
        while data:
            rate = self._here(way).rate
            part = data if rate is None else data[: max(1, int(rate * _SLICE_S))]
            data = data[len(part) :]
            writer.write(part)
            await writer.drain()
            self.passed += len(part)
            if rate is not None:
                await self._until(asyncio.get_running_loop().time() + len(part) / rate, way)
