"""What a killed supervisor's project still holds: looked at, and taken over by a new one, or ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from orchestrator.errors import RunError
from orchestrator.projects.kept import ZYGOTE

if TYPE_CHECKING:
    from orchestrator.engines.kept import KeptEngine
    from orchestrator.engines.orphans import Orphan
    from orchestrator.planning.types import Plan
    from orchestrator.projects.rundir import RunDir
    from orchestrator.runtime.heir import Heir
    from orchestrator.runtime.keeping import Legacy, Ports
    from orchestrator.runtime.succession import Fates


class Estate:
    """The processes of a project without a supervisor. They go on until an engine of `take` has started."""

    def __init__(self, held: RunDir, legacy: Legacy) -> None:
        self._held = held
        self._legacy = legacy
        self._engine: KeptEngine | None = None
        self._fates: Fates | None = None

    @property
    def ports(self) -> Ports:
        """Those that its nodes were given."""
        return self._legacy.ports

    @property
    def plan(self) -> Plan:
        """What they were started from."""
        return self._legacy.plan

    @property
    def taken(self) -> bool:
        """Whether they are a new supervisor's: then they end with it."""
        return self._engine is not None and self._engine.has_taken_over

    def take(self) -> KeptEngine:
        """An engine for the new supervisor. Raises RunError when there is nobody any more."""
        from orchestrator.engines.kept import KeptEngine
        from orchestrator.engines.orphans import ask

        self._engine = KeptEngine(ask(self._held.path / ZYGOTE, adopt=True))
        return self._engine

    def heir(self, plan: Plan) -> Heir:
        """What the new supervisor begins with, if it is to run `plan`."""
        from orchestrator.runtime.heir import Heir
        from orchestrator.runtime.succession import fates
        from orchestrator.supervision.events import StartRequested

        assert self._engine is not None
        self._fates = fates(self._legacy, plan, self._engine.held)
        return Heir(self._engine, self._fates, token=self._legacy.token, request=StartRequested())

    def undertaker(self, *, at_once: bool) -> Heir:
        """What a supervisor begins with that is to stop all of it."""
        from orchestrator.runtime.heir import Heir
        from orchestrator.runtime.succession import fates_of_all
        from orchestrator.supervision.events import StopRequested

        assert self._engine is not None
        request = StopRequested(reason="orchestrator down", at_once=at_once)
        self._fates = fates_of_all(self._legacy, self._engine.held)
        return Heir(self._engine, self._fates, token=self._legacy.token, request=request)

    def told(self) -> str:
        """What becomes of them, in words."""
        assert self._fates is not None
        before, fates = self._held.leftover, self._fates
        who = "" if before is None else f" (process {before.pid}, since {_when(before.since)})"
        count = len(fates.adopted)
        adopted = f"{count} process{'es' * (count != 1)} adopted"
        ended = [f"{one.held.unit} ended: {one.why}" for one in fates.leavers if not one.held.ended]
        return f"taken over from a supervisor that was killed{who}: {'; '.join([adopted, *ended])}"


def look(held: RunDir) -> Estate | None:
    """What is there in an inherited run directory; None when it has ended meanwhile.

    Raises RunError when it cannot be taken over: then it is left as it is.
    """
    from orchestrator.engines.orphans import NobodyThereError, ask
    from orchestrator.runtime.keeping import read

    try:
        orphan = ask(held.path / ZYGOTE, adopt=False)
        legacy = read(orphan.notes)
        _check_births(orphan)
    except NobodyThereError:
        return None
    except RunError as error:
        _refuse(held, error)
    return Estate(held, legacy)


def _refuse(held: RunDir, error: RunError) -> NoReturn:
    project = held.record.project
    raise RunError(
        f"{project} runs without a supervisor, and cannot be taken over: {error.message}",
        f"end it with `orchestrator down {project}`",
    ) from error


def _check_births(orphan: Orphan) -> None:
    """That the processes are those that were started, as seen from here. Raises RunError."""
    from orchestrator.kernel.births import birth

    for held, _ in orphan.held:
        if held.ended is None and held.born is not None and birth(held.pid) not in (held.born, None):
            raise RunError(f"process {held.pid} is not the one that was started for {held.unit}")


def end(held: RunDir, *, at_once: bool, say: Callable[[str], None]) -> bool:
    """End what is there in an inherited run directory. Whether all of it ended as it should."""
    from orchestrator.engines.orphans import end_zygote

    try:
        estate = look(held)
    except RunError as error:
        say(f"{error.message}: everything is killed")
        end_zygote(held.path / ZYGOTE)
        return False
    return estate is None or _supervise_end(held, estate, at_once=at_once)


def _supervise_end(held: RunDir, estate: Estate, *, at_once: bool) -> bool:
    import asyncio
    import os

    from orchestrator.app.storing import store_of
    from orchestrator.projects import places
    from orchestrator.runtime.hub import Hub
    from orchestrator.runtime.supervisor import Outcome, Supervisor

    async def supervise() -> Outcome:
        engine, hub = estate.take(), Hub()
        heir = estate.undertaker(at_once=at_once)
        state_dir = places.state_dir(held.record.project, os.environ)
        store = store_of(state_dir, held, estate.plan.logs, lambda: estate.plan, hub, engine)
        try:
            return await Supervisor(
                estate.plan,
                engine,
                tell=hub.tell,
                environ=os.environ,
                wants_lines=lambda: False,
                store=store.output,
                heir=heir,
            ).run()
        finally:
            engine.abandon()
            store.close()

    return not asyncio.run(supervise()).failed


def _when(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
