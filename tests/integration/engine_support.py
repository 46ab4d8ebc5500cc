"""A listener that remembers, an engine that is proved to leave nothing behind, and conditions to wait on."""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.engines import SpawnRequest, proctable
from orchestrator.engines.local import LocalEngine
from orchestrator.vocabulary import Stream

HERE = str(Path(__file__).parent)
DEADLINE_S = 20.0


def drive(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an asynchronous test on a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@dataclass
class Recorder:
    """The engine's listener: every report in order."""

    reports: list[tuple[Any, ...]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def _add(self, *report: Any) -> None:
        self.reports.append(report)
        self.changed.set()

    def spawned(self, unit: str, attempt: int, pid: int) -> None:
        self._add("spawned", unit, attempt, pid)

    def spawn_failed(self, unit: str, attempt: int, reason: str, permanent: bool) -> None:
        self._add("failed", unit, attempt, reason, permanent)

    def output(self, unit: str, attempt: int, stream: Stream, data: bytes) -> None:
        self._add("output", unit, attempt, stream, data)

    def exited(
        self, unit: str, attempt: int, pid: int, code: int | None, signal: int | None, out_of_memory: bool
    ) -> None:
        self._add("exited", unit, attempt, pid, code, signal, out_of_memory)

    def remarked(self, text: str) -> None:
        self._add("remark", text)

    def engine_lost(self, reason: str) -> None:
        self._add("lost", reason)

    def of(self, kind: str, unit: str | None = None, attempt: int = 1) -> list[tuple[Any, ...]]:
        """Reports of one kind (about one attempt of a unit)."""
        about = () if unit is None else (unit, attempt)
        return [r for r in self.reports if r[0] == kind and r[1 : 1 + len(about)] == about]

    def text(self, unit: str, stream: Stream = Stream.STDOUT, attempt: int = 1) -> bytes:
        """All output of a unit so far."""
        return b"".join(r[4] for r in self.of("output", unit, attempt) if r[3] is stream)

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Wait until a condition on the reports holds; its truthy value."""
        async with asyncio.timeout(DEADLINE_S):
            while not (found := holds()):
                self.changed.clear()
                await self.changed.wait()
        return found

    async def pid(self, unit: str, attempt: int = 1) -> int:
        """Wait until the unit's process is there."""
        found = await self.until(
            lambda: self.of("spawned", unit, attempt) or self.of("failed", unit, attempt)
        )
        assert found[0][0] == "spawned", found
        return int(found[0][3])

    async def end(self, unit: str, attempt: int = 1) -> tuple[Any, ...]:
        """Wait until the unit's process is gone; (code, signal)."""
        found = await self.until(lambda: self.of("exited", unit, attempt))
        return tuple(found[0][4:6])

    async def lines(self, unit: str, count: int = 1, attempt: int = 1) -> list[str]:
        """Wait for that many lines of standard output."""
        await self.until(lambda: self.text(unit, attempt=attempt).count(b"\n") >= count)
        return self.text(unit, attempt=attempt).decode().splitlines()


@dataclass
class Lab:
    """A started engine, its recorder, and short ways to use both."""

    engine: LocalEngine
    seen: Recorder
    cwd: str

    def program(self, unit: str, *argv: str, attempt: int = 1, **kwargs: Any) -> None:
        self.spawn(unit, argv=argv, attempt=attempt, **kwargs)

    def shell(self, unit: str, script: str, attempt: int = 1, **kwargs: Any) -> None:
        self.spawn(unit, argv=("/bin/sh", "-c", script), attempt=attempt, **kwargs)

    def node(self, unit: str, function: str, attempt: int = 1, **kwargs: Any) -> None:
        self.spawn(unit, host=function.encode(), attempt=attempt, **kwargs)

    def spawn(self, unit: str, **kwargs: Any) -> None:
        settings = {"argv": None, "host": None, "env": dict(os.environ), "cwd": self.cwd, "stdin": False}
        self.engine.spawn(SpawnRequest(unit=unit, **{**settings, **kwargs}))

    @property
    def zygote_pid(self) -> int:
        assert self.engine._link is not None
        return self.engine._link.pid


@asynccontextmanager
async def lab(cwd: str = "/", *, nodes: bool = True) -> AsyncIterator[Lab]:
    """An engine, which expects Python nodes or does not; at the end it is closed and nothing of it is left: no process, no descriptor, no thread."""
    fds, threads = open_fds(), threading.enumerate()
    engine = LocalEngine(target="engine_targets:main")
    seen = Recorder()
    try:
        engine.prestart(nodes=nodes)
        await engine.start(seen)
        yield Lab(engine, seen, cwd)
    finally:
        await engine.close()
    assert marked(engine) == []
    assert open_fds() == fds
    assert threading.enumerate() == threads


def open_fds() -> dict[int, str]:
    """Descriptor -> what it stands for."""
    found = {}
    for number in fd_numbers(os.getpid()):
        with suppress(FileNotFoundError):  # the listing's own
            found[number] = str(Path(f"/proc/self/fd/{number}").readlink())
    return found


def fd_numbers(pid: int) -> list[int]:
    """The descriptors that a process has open."""
    return sorted(int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir())


def marked(engine: LocalEngine) -> list[int]:
    """Living processes that carry the engine's mark."""
    return [
        p.pid
        for p in proctable.scan().values()
        if not p.zombie and (proctable.mark_of(p.pid) or "").startswith(engine._mark)
    ]


def is_running(pid: int) -> bool:
    proc = proctable.read(pid)
    return proc is not None and not proc.zombie


async def until(holds: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Wait for a condition that nothing reports."""
    async with asyncio.timeout(deadline_s):
        while not (found := holds()):
            await asyncio.sleep(0.005)
    return found


def until_now(holds: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """The same without a loop."""
    end = time.monotonic() + deadline_s
    while not (found := holds()):
        assert time.monotonic() < end, "condition not met in time"
        time.sleep(0.005)
    return found
