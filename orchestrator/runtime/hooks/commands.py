"""A hook's command, run by the engine that runs the nodes.

So it dies as nodes do: with the supervisor, however that ends, and with all that it has made. To the engine
it is a unit with a name that no node can have; to the supervisor it does not exist.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from orchestrator.engines import PASSING, Engine, EngineListener, SpawnRequest
from orchestrator.runtime.hooks.outcome import HookFailedError
from orchestrator.supervision.words import code_text, signal_name
from orchestrator.vocabulary import Stream

MOST_BYTES: Final = 1 << 20
"""What a command may write before it is ended: reading a flood would cost the loop its time."""
_KEPT_LINES: Final = 10
_KEPT_BYTES: Final = 8192
_LONGEST_LINE: Final = 500
_DYING_S: Final = 5.0
"""How long a killed process may take to be gone."""


@dataclass(slots=True, eq=False)
class _Running:
    ended: asyncio.Future[str | None]
    """Why it failed; None when it has not."""
    stdin: bytes
    written: int = 0
    tail: deque[bytes] = field(default_factory=deque)
    kept: int = 0

    def keep(self, data: bytes) -> None:
        self.written += len(data)
        self.tail.append(data[-_KEPT_BYTES:])
        self.kept += len(self.tail[-1])
        while self.kept - len(self.tail[0]) >= _KEPT_BYTES:
            self.kept -= len(self.tail.popleft())

    def settle(self, failure: str | None) -> None:
        if not self.ended.done():
            self.ended.set_result(failure)

    def lines(self) -> tuple[str, ...]:
        """The last lines that it has written."""
        text = b"".join(self.tail)[-_KEPT_BYTES:].decode("utf-8", "replace")
        return tuple(line[:_LONGEST_LINE] for line in text.splitlines() if line.strip())[-_KEPT_LINES:]


class SharedEngine:
    """An engine for a supervisor, which runs commands beside its units.

    `closing` is awaited before everything is ended, as long as it takes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._listener: EngineListener | None = None
        self._running: dict[tuple[str, int], _Running] = {}
        # of its own: with `up --keep` there may be some of a supervisor before this one, which its heir ends
        self._prefix = f"{PASSING}{os.urandom(4).hex()}:"
        self._last = 0
        self.closing: Callable[[], Awaitable[None]] | None = None

    async def run(
        self, argv: tuple[str, ...], *, env: Mapping[str, str], cwd: str, stdin: bytes, timeout_s: float
    ) -> tuple[str, ...]:
        """Run a command to its end; the last lines that it wrote. Raises HookFailedError."""
        self._last += 1
        key = f"{self._prefix}{self._last}", 1
        running = _Running(asyncio.get_running_loop().create_future(), stdin)
        self._running[key] = running
        request = SpawnRequest(
            unit=key[0], attempt=1, argv=argv, host=None, env=dict(env), cwd=cwd, stdin=True
        )
        try:
            self._engine.spawn(request)
            try:
                failure = await asyncio.wait_for(asyncio.shield(running.ended), timeout_s)
            except TimeoutError:
                failure = f"ended after {timeout_s:g} s, its `timeout`"
        finally:
            await self._end(key, running)
        if failure is not None:
            raise HookFailedError(failure, running.lines())
        return running.lines()

    async def _end(self, key: tuple[str, int], running: _Running) -> None:
        """End it, if it still runs, and all that it has made."""
        self._engine.kill(*key)
        if not running.ended.done():
            await asyncio.wait([running.ended], timeout=_DYING_S)
        self._running.pop(key, None)

    # ------------------------------------------------------------------ Engine

    async def start(self, listener: EngineListener) -> None:
        self._listener = listener
        await self._engine.start(self)

    def spawn(self, request: SpawnRequest) -> None:
        self._engine.spawn(request)

    def signal(self, unit: str, attempt: int, signum: int) -> None:
        self._engine.signal(unit, attempt, signum)

    def kill(self, unit: str, attempt: int) -> None:
        self._engine.kill(unit, attempt)

    def write_stdin(self, unit: str, attempt: int, data: bytes, *, last: bool = False) -> None:
        self._engine.write_stdin(unit, attempt, data, last=last)

    def hold_output(self, held: bool) -> None:
        self._engine.hold_output(held)

    async def close(self) -> None:
        if self.closing is not None:
            await self.closing()
        await self._engine.close()
        for running in self._running.values():
            running.settle("ended with the supervisor")

    # ------------------------------------------------------------------ EngineListener

    @property
    def _told(self) -> EngineListener:
        assert self._listener is not None
        return self._listener

    def spawned(self, unit: str, attempt: int, pid: int) -> None:
        if not unit.startswith(self._prefix):
            self._told.spawned(unit, attempt, pid)
            return
        running = self._running.get((unit, attempt))
        if running is not None:
            self._engine.write_stdin(unit, attempt, running.stdin, last=True)

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        if not unit.startswith(self._prefix):
            self._told.spawn_failed(unit, attempt, reason, permanent)
            return
        self._settle(unit, attempt, reason)

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        if not unit.startswith(self._prefix):
            self._told.output(unit, attempt, stream, data)
            return
        running = self._running.get((unit, attempt))
        if running is not None:
            running.keep(data)
            if running.written > MOST_BYTES:
                running.settle(f"ended: it wrote more than {MOST_BYTES >> 20} MiB")
                self._engine.kill(unit, attempt)

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signal: int | None, out_of_memory: bool
    ) -> None:
        if not unit.startswith(self._prefix):
            self._told.exited(unit, attempt, pid, code, signal, out_of_memory)
            return
        self._settle(unit, attempt, _how(code, signal))

    def remarked(self, text: str) -> None:
        self._told.remarked(text)

    def engine_lost(self, reason: str) -> None:
        for running in self._running.values():
            running.settle(reason)
        self._told.engine_lost(reason)

    def _settle(self, unit: str, attempt: int, failure: str | None) -> None:
        running = self._running.get((unit, attempt))
        if running is not None:
            running.settle(failure)


def _how(code: int | None, signum: int | None) -> str | None:
    if code == 0:
        return None
    return code_text(code) if code is not None else f"killed by {signal_name(signum or 0)}"
