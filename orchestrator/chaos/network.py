"""The forwarders of one experiment, in a thread with a loop of their own. Called from other threads."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, Final, TypeVar

from orchestrator.chaos.forwarder import CLEAR, Forwarder, Sort, Weather
from orchestrator.errors import OrchestratorError, RunError
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport, parse_endpoint

_T = TypeVar("_T")
_PATIENCE_S: Final = 10.0
_LOOPBACK: Final = "127.0.0.1"
_BOUND_ANYWHERE: Final = ("0.0.0.0", "*", "[::]", "::")

Resolve = Callable[[], str]
"""The address onwards, asked for each connection. Raises LookupError while there is none."""


class Network:
    """Belongs to whoever made it; `close` ends its thread."""

    def __init__(self, seed: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._chance = random.Random(seed).random
        self._forwarders: list[Forwarder] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos-network", daemon=True)
        self._thread.start()

    def forward(self, listening: socket.socket, onwards: Resolve, sort: Sort | None = None) -> Forwarder:
        """Forward what connects to a bound socket, from now on."""

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            try:
                address = await asyncio.get_running_loop().run_in_executor(None, onwards)
            except (LookupError, OrchestratorError) as error:
                raise ConnectionRefusedError from error
            return await connected(address)

        async def make() -> Forwarder:
            made = Forwarder(listening, connect, self._chance, *(() if sort is None else (sort,)))
            await made.open()
            self._forwarders.append(made)
            return made

        return self._run(make())

    def set(self, forwarders: Sequence[Forwarder], weather: Weather, owner: Hashable = None) -> None:
        """Treat the bytes of an owner in another way."""

        async def work() -> None:
            for forwarder in forwarders:
                forwarder.set(weather, owner)

        self._run(work())

    def count(self, forwarders: Sequence[Forwarder], owner: Hashable = None) -> int:
        """How many connections of an owner there are."""

        async def work() -> int:
            return sum(forwarder.connections(owner) for forwarder in forwarders)

        return self._run(work())

    def clear(self, forwarders: Sequence[Forwarder], owner: Hashable = None) -> None:
        """Let everything pass again, and accept."""
        self.set(forwarders, CLEAR, owner)

        async def work() -> None:
            for forwarder in forwarders:
                await forwarder.open()

        self._run(work())

    def cut(self, forwarders: Sequence[Forwarder]) -> None:
        """Break all connections and refuse new ones."""

        async def work() -> None:
            for forwarder in forwarders:
                await forwarder.cut()

        self._run(work())

    def close(self) -> None:
        """Break everything and end the thread. Idempotent."""
        if self._loop.is_closed():
            return

        async def work() -> None:
            for forwarder in self._forwarders:
                await forwarder.close()
            await self._loop.shutdown_default_executor()

        self._run(work())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_S)


async def connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to a tcp or ipc address of ZeroMQ's. Raises OSError."""
    parsed = parse_endpoint(address)
    if not isinstance(parsed, ParsedEndpoint) or parsed.transport not in (Transport.TCP, Transport.IPC):
        raise ConnectionRefusedError(f"{address} cannot be forwarded to")
    if parsed.transport is Transport.IPC:
        path = "\0" + parsed.path[1:] if parsed.is_abstract else parsed.path
        return await asyncio.open_unix_connection(path)
    anywhere = parsed.host_kind is HostKind.WILDCARD or parsed.host in _BOUND_ANYWHERE
    return await asyncio.open_connection(_LOOPBACK if anywhere else parsed.host.strip("[]"), parsed.port)


def bound_tcp() -> tuple[socket.socket, str]:
    """A socket at a free port of this machine, and its address."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((_LOOPBACK, 0))
    made.setblocking(False)
    return made, f"tcp://{_LOOPBACK}:{made.getsockname()[1]}"


def bound_unix(path: str) -> tuple[socket.socket, str]:
    """A socket at a path, and its address. Raises RunError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(path)
    except OSError as error:
        made.close()
        raise RunError(f"no forwarder can listen at {path}: {error.strerror or error}") from error
    made.setblocking(False)
    return made, f"ipc://{path}"


def group_of_peer(connection: socket.socket) -> Hashable:
    """The process group of whoever connected to a unix socket; None where that cannot be told."""
    try:
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return os.getpgid(struct.unpack("3i", found)[0])
    except (OSError, AttributeError):  # it has gone already; no such option here
        return None
