"""The API's socket: lines in, answers out. Knows nothing of what is asked.

Each request is a task of its own, so that a stream keeps nobody waiting. A client that does not read holds
up its own streams alone; one that sends nonsense gets an error in return, one that sends too much is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Final

from orchestrator.errors import OrchestratorError, RunError
from orchestrator.runtime.api.context import Context
from orchestrator.runtime.api.operations import ANSWERS, COMMANDS, STREAMS
from orchestrator.runtime.reports import Remark
from orchestrator.wire import api
from orchestrator.wire.api import ApiError, Request

_MAX_CLIENTS: Final = 64
_MAX_REQUESTS: Final = 64
"""Unanswered ones of one client; more wait unread."""
_LOOK_S: Final = 0.2
"""How often it is looked whether a client that has no more to ask is still there."""

_log = logging.getLogger("orchestrator.runtime")


class ApiServer:
    """Serves one project until it is closed."""

    def __init__(self, path: Path, context: Context) -> None:
        self._path = path
        self._context = context
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Bind and begin to listen. Raises RunError when the socket cannot be made."""
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, self._path, limit=api.MAX_LINE, backlog=64
            )
        except OSError as error:
            raise RunError(f"the API socket cannot bind {self._path}: {error.strerror}") from error

    async def close(self) -> None:
        """End every connection once it has been told the rest, and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        if self._clients:
            await asyncio.wait(self._clients, timeout=0.5)
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        with contextlib.suppress(OSError):
            self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._clients) >= _MAX_CLIENTS or not _is_ours(writer):
            writer.close()
            return
        self._clients.add(task)
        try:
            await _Client(self._context, reader, writer).run()
        except asyncio.CancelledError:
            pass
        finally:
            self._clients.discard(task)
            writer.close()


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer is the same user, or root: the directory's mode says so too (SO_PEERCRED, unix(7))."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    credentials = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, option, 12)
    return struct.unpack("3i", credentials)[1] in (0, os.getuid())


class _Client:
    """One connection."""

    def __init__(self, context: Context, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._context = context
        self._reader = reader
        self._writer = writer
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(_MAX_REQUESTS)

    async def run(self) -> None:
        """Answer until the client hangs up. What it asked for is carried out even then."""
        try:
            while (line := await self._line()) is not None:
                await self._turn.acquire()
                task = asyncio.get_running_loop().create_task(self._answer(line))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            await self._drain_tasks()
        except ConnectionError:
            pass
        finally:
            for task in tuple(self._tasks):
                task.cancel()

    async def _drain_tasks(self) -> None:
        """A client that has half-closed still wants its answers; one that is gone wants nothing more."""
        while self._tasks and not self._writer.is_closing() and not self._is_gone():
            await asyncio.wait(self._tasks, timeout=_LOOK_S)

    def _is_gone(self) -> bool:
        """Whether the client has closed both ways: then a unix socket hangs up (poll(2), unix(7)), and a
        stream that has nothing to say would not notice otherwise."""
        if not sys.platform.startswith("linux"):  # elsewhere half-closing may do the same
            return False
        poll = select.poll()
        poll.register(self._writer.get_extra_info("socket").fileno(), 0)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    async def _line(self) -> bytes | None:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as rest:
            return rest.partial or None
        except asyncio.LimitOverrunError:
            cause = ApiError(f"a request has at most {api.MAX_LINE} bytes", "the connection ends here")
            await self._send(api.error(None, cause))
            return None

    async def _answer(self, line: bytes) -> None:
        try:
            request = api.read_request(line)
        except ApiError as error:
            await self._send(api.error(api.request_id(line), error))
            self._turn.release()
            return
        try:
            await self._carry_out(request)
        except ConnectionError:
            pass
        except ApiError as error:
            await self._send(api.error(request.id, error))
        except OrchestratorError as error:
            await self._send(api.error(request.id, ApiError(error.message, error.remedy)))
        except Exception as error:  # noqa: BLE001  the last line of defence
            # a fault of this program: the client hears of it, and the supervisor goes on
            _log.exception("operation %r failed", request.do)
            await self._send(api.error(request.id, ApiError(f"internal error: {error}")))
        finally:
            self._turn.release()

    async def _carry_out(self, request: Request) -> None:
        if request.do in STREAMS:
            async with contextlib.aclosing(STREAMS[request.do](self._context, request.args)) as items:  # type: ignore[type-var]
                async for item in items:
                    await self._send(api.item(request.id, item))
            await self._send(api.result(request.id, {}))
            return
        operation = ANSWERS.get(request.do)
        if operation is None:
            names = ", ".join(sorted((*ANSWERS, *STREAMS)))
            raise ApiError(f"there is no operation {request.do[:50]!r}", f"there are {names}")
        found = await operation(self._context, request.args)
        if request.do in COMMANDS:
            self._note(request)
        await self._send(api.result(request.id, found))

    def _note(self, request: Request) -> None:
        named = request.args.get("units")
        words = " ".join(map(str, named)) if isinstance(named, list) else ""
        signal = f" with {request.args.get('signal', 'SIGKILL')}" if request.do == "kill" else ""
        told = f"asked to {request.do} {words}".strip()[:500] + signal[:50]
        self._context.hub.tell(Remark(time=time.time(), unit=None, text=told))

    async def _send(self, line: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self._writer.write(line)
            await self._writer.drain()
