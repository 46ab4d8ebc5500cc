"""A supervisor takes over what the one before it has left: ends who is to go, and goes on with the others."""

from __future__ import annotations

import asyncio
import signal
from typing import Final, Protocol

from orchestrator.engines.kept import KeptEngine
from orchestrator.runtime.succession import Fates, Leaver
from orchestrator.supervision.events import Adopted, Event, StartRequested, StopRequested

_GRACE_S: Final = 5.0
"""For a process of which nothing is known."""
_GONE_S: Final = 5.0
"""How long a killed one may take to be gone."""


class Successor(Protocol):
    """The supervisor that goes on."""

    def adopt(self, found: Adopted) -> None:
        """A process that was left takes its unit's place."""

    def connect_again(self, unit: str) -> None:
        """Tell an adopted node where its binders are."""

    def feed(self, event: Event) -> None:
        """Put one event through the machine."""


class Heir:
    """Carries the fates out over an engine that has adopted. `request` is what the supervisor begins with."""

    def __init__(
        self, engine: KeptEngine, fates: Fates, *, token: str, request: StartRequested | StopRequested
    ) -> None:
        self.token = token
        self._engine = engine
        self._fates = fates
        self._request = request
        self._leaving: dict[tuple[str, int], asyncio.Event] = {}

    async def take_over(self, supervisor: Successor) -> None:
        """To be called right after the engine's start, before the loop has turned."""
        for held, found in self._fates.adopted:
            supervisor.adopt(found)
            self._engine.take(held.unit, held.attempt)
        for recalled in self._fates.recalled:
            supervisor.feed(recalled)
        await self._end_leavers()
        supervisor.feed(self._request)
        for held, _ in self._fates.adopted:
            self._engine.settle(held)
        for _, found in self._fates.adopted:
            supervisor.connect_again(found.unit)

    def has_left(self, unit: str, attempt: int) -> bool:
        """Whether the end of a process is the end of a leaver, and nobody else's business."""
        gone = self._leaving.pop((unit, attempt), None)
        if gone is not None:
            gone.set()
        return gone is not None

    async def _end_leavers(self) -> None:
        leavers = [(leaver, asyncio.Event()) for leaver in self._fates.leavers]
        self._leaving = {(leaver.held.unit, leaver.held.attempt): gone for leaver, gone in leavers}
        for leaver, _ in leavers:
            self._engine.take(leaver.held.unit, leaver.held.attempt)
            self._engine.settle(leaver.held)
        await asyncio.gather(*(self._end(leaver, gone) for leaver, gone in leavers))

    async def _end(self, leaver: Leaver, gone: asyncio.Event) -> None:
        unit, attempt, stop = leaver.held.unit, leaver.held.attempt, leaver.stop
        if not gone.is_set():
            self._engine.signal(unit, attempt, getattr(signal, stop.signal) if stop else signal.SIGTERM)
            await _within(gone, stop.grace_s if stop else _GRACE_S)
        self._engine.kill(unit, attempt)  # and what it has left
        await _within(gone, _GONE_S)


async def _within(gone: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(gone.wait(), seconds)
    except TimeoutError:
        return
