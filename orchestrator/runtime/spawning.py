"""Starting processes, once nobody sits where they are going to bind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from orchestrator.engines import Engine, SpawnRequest
from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.occupied import taken

_PATIENCE_S: Final = 0.5
"""How long a taken address may take to become free: what a predecessor left behind has been killed, and the
kernel needs its time."""
_PAUSE_S: Final = 0.01

Refuse = Callable[[str, int, str, bool], None]


class Spawner:
    """Hands requests to the engine; of those that it does not, `refuse(unit, attempt, reason, permanent)`
    hears."""

    def __init__(self, engine: Engine, refuse: Refuse) -> None:
        self._engine = engine
        self._refuse = refuse
        self._held: dict[tuple[str, int], asyncio.Task[None]] = {}

    def spawn(self, unit: UnitPlan, request: SpawnRequest) -> None:
        """Start it, or hold it while an address is taken."""
        if unit.is_python or taken(unit) is None:
            self._engine.spawn(request)
            return
        task = asyncio.get_running_loop().create_task(self._hold(unit, request))
        self._held[unit.unit, request.attempt] = task

    def withdraw(self, unit: str, attempt: int) -> bool:
        """Nobody wants the process any more: whether it had been held, and is not going to be started."""
        task = self._held.pop((unit, attempt), None)
        if task is None:
            return False
        task.cancel()
        self._refuse(unit, attempt, "not wanted any more", False)
        return True

    async def close(self) -> None:
        """Forget whoever is held."""
        tasks = list(self._held.values())
        self._held.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hold(self, unit: UnitPlan, request: SpawnRequest) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _PATIENCE_S
        while (reason := taken(unit)) is not None and loop.time() < deadline:
            await asyncio.sleep(_PAUSE_S)
        del self._held[unit.unit, request.attempt]
        if reason is None:
            self._engine.spawn(request)
        else:
            self._refuse(unit.unit, request.attempt, reason, False)
