"""`up --watch`: what runs follows its files. Modules and scripts that change have their nodes restarted, a
topology that changes is applied. What could not start leaves what runs as it is."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib.util import cache_from_source
from typing import TYPE_CHECKING, Any, Final

from orchestrator.app.changed import Files
from orchestrator.app.modules import Modules
from orchestrator.errors import OrchestratorError
from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.vocabulary import NodeState

if TYPE_CHECKING:
    from orchestrator.app.replanning import Replanner
    from orchestrator.model.types import Topology
    from orchestrator.runtime.api.changer import Changer
    from orchestrator.runtime.api.planner import Proposal
    from orchestrator.runtime.supervisor import Supervisor

INTERVAL_S: Final = 0.1
"""How often files are looked at. A change counts once they have been quiet for as long."""
_MOST_ROUNDS: Final = 20
"""For how many intervals more changes are waited for."""
_IMPORTS_S: Final = 10.0
"""How long importing changed code may take before it counts as broken."""
_RUNS: Final = (NodeState.STARTING, NodeState.RUNNING, NodeState.READY, NodeState.BACKOFF)


@dataclass(frozen=True, slots=True)
class _Survey:
    """What belongs to what."""

    plan: Plan
    topology_files: frozenset[str]
    units: Mapping[str, frozenset[str]]
    """unit -> its files."""


class Reloader:
    """Belongs to the loop's thread; files are read on another one, so that supervision is not held up."""

    def __init__(
        self,
        supervisor: Supervisor,
        changer: Changer,
        planner: Replanner,
        tell: Callable[[str], None],
        environ: Mapping[str, str],
    ) -> None:
        """`tell` takes a line for the one who watches."""
        self._supervisor = supervisor
        self._changer = changer
        self._planner = planner
        self._tell = tell
        self._environ = environ
        self._files = Files()
        self._modules = Modules()
        self._survey: _Survey
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Learn how everything is now, and begin to watch. To be called before the first node starts."""
        await asyncio.to_thread(self._learn, self._supervisor.plan)
        files = self._survey.topology_files.union(*self._survey.units.values())
        there = sum(os.path.exists(path) for path in files)  # noqa: PTH110
        self._tell(f"watching {there} files for changes")
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._supervisor.snapshot().stopping:
            changed = await self._look()
            if not changed:
                continue
            for _ in range(_MOST_ROUNDS):
                more = await self._look()
                changed |= more
                if not more:
                    break
            await self.follow(changed)

    async def _look(self) -> set[str]:
        await asyncio.sleep(INTERVAL_S)
        plan = self._supervisor.plan
        changed = await asyncio.to_thread(self._files.changed)
        if plan is not self._survey.plan:
            await asyncio.to_thread(self._learn, plan)
        return changed

    # ------------------------------------------------------------------ on the other thread

    def _learn(self, plan: Plan) -> None:
        """Which files there are to watch."""
        units = {unit.unit: self._modules.of_unit(unit, plan.directory) for unit in plan.units}
        self._survey = _Survey(plan, self._topology_files(), units)
        self._files.watch(self._survey.topology_files.union(*units.values()))

    def _foresee(self, proposal: Proposal) -> Proposal:
        """Know the files of what is going to start as they are before it does."""
        plan = proposal.plan
        files = [self._modules.of_unit(unit, plan.directory) for unit in plan.units]
        self._files.watch(self._survey.topology_files.union(*self._survey.units.values(), *files))
        return proposal

    def _topology_files(self) -> frozenset[str]:
        """The file, what it includes, and the files of variables."""
        from orchestrator.model.load import load

        file = self._planner.topology.file
        loaded = load(file, environ=self._environ)
        paths = {file, os.path.join(self._planner.topology.directory, ".env"), *loaded.sources}  # noqa: PTH118
        if loaded.topology is None:  # it is broken just now
            paths |= getattr(self, "_survey", _NOTHING).topology_files
        return frozenset(os.path.abspath(path) for path in paths)  # noqa: PTH100

    def _refused(self, units: Collection[UnitPlan], changed: Collection[str]) -> dict[str, str]:
        """unit -> why it could not start with what its files hold now."""
        wrong = {path: told for path in sorted(changed) if (told := _syntax(path)) is not None}
        refused = {}
        for unit in units:
            broken = [told for path, told in wrong.items() if path in self._survey.units[unit.unit]]
            if broken:
                refused[unit.unit] = broken[0]
        by_environ: dict[frozenset[tuple[str, str]], list[UnitPlan]] = {}
        for unit in units:
            if unit.is_python and unit.unit not in refused:
                by_environ.setdefault(frozenset(unit.env.items()), []).append(unit)
        for env, same in by_environ.items():
            refused |= self._not_importable(same, dict(env))
        return refused

    def _not_importable(self, units: Collection[UnitPlan], env: Mapping[str, str]) -> dict[str, str]:
        from orchestrator.app.import_check import check_imports

        topology: Topology = self._planner.topology
        names = {instance.node for unit in units for instance in unit.instances}
        part = replace(topology, nodes={name: topology.nodes[name] for name in names & set(topology.nodes)})
        found = check_imports(part, patience_s=_IMPORTS_S, environ={**self._environ, **env})
        why = {str(one.path[1]): one.message.removeprefix(f"`{one.path[1]}`: ") for one in reversed(found)}
        return {
            unit.unit: why[instance.node]
            for unit in units
            for instance in reversed(unit.instances)
            if instance.node in why
        }

    # ------------------------------------------------------------------ what follows

    async def follow(self, changed: Collection[str]) -> None:
        """Do what these files, as they are now, ask for."""
        survey = self._survey
        for path in changed:
            _drop_compiled(path)
        replaced: set[str] = set()
        topology = survey.topology_files & set(changed)
        if topology:
            replaced = await self._apply(topology)
        concerned = {
            name: found
            for name, files in survey.units.items()
            if (found := files & set(changed)) and name not in replaced
        }
        if concerned:
            await self._restart(concerned)
        await asyncio.to_thread(self._learn, self._supervisor.plan)

    async def _apply(self, changed: Collection[str]) -> set[str]:
        """Become what the topology says now. Returns the units that have been started anew by that."""
        what, touched = f"{_shown(changed)} changed", set[str]()
        outcome: dict[str, Any] = {"ok": True}

        def hear(item: dict[str, Any]) -> None:
            if item["event"] == "changes":
                touched.update(item["added"], item["replaced"])
                if not any(item[key] for key in ("added", "removed", "replaced", "rewired", "adjusted")):
                    self._tell(f"{what}; for what runs it means the same")
            elif item["event"] == "rollout_ended":
                outcome.update(item)

        file = self._planner.topology.file
        try:
            await self._changer.change(lambda planner: self._foresee(planner.applied(file)), what, hear)
        except OrchestratorError as error:
            self._tell(f"{what}; what runs stays as it is: {error.message}")
            outcome["ok"] = False
        if not outcome["ok"]:
            self._files.forget(changed)  # saved once more, it is tried once more
        return touched

    async def _restart(self, concerned: Mapping[str, Collection[str]]) -> None:
        states = {name: unit.state for name, unit in self._supervisor.snapshot().units.items()}
        plans = {unit.unit: unit for unit in self._supervisor.plan.units}
        chosen = [
            plans[name]
            for name in concerned
            if name in plans and states.get(name) in (*_RUNS, NodeState.FAILED)
        ]
        changed = {path for files in concerned.values() for path in files}
        what = f"{_shown(changed)} changed"
        if not chosen:
            left = [f"{name} ({states[name].value})" for name in concerned if name in states]
            self._tell(f"{what}; left alone: {', '.join(left)}")
            return
        refused: dict[str, str] = await asyncio.to_thread(self._refused, chosen, changed)
        self._files.forget({path for name in refused for path in concerned[name]})
        going = [unit for unit in chosen if unit.unit not in refused]
        told = [f"restarting {_nodes(going)}"] if going else []
        for why in dict.fromkeys(refused.values()):
            same = [unit for unit in chosen if refused.get(unit.unit) == why]
            names = _nodes(same)
            told.append(f"{names} {'go' if ', ' in names else 'goes'} on with the old code: {why}")
        self._tell(f"{what}: {'; '.join(told)}")
        for unit in going:
            if states[unit.unit] is NodeState.FAILED:
                self._supervisor.start_unit(unit.unit, what)
            else:
                self._supervisor.restart(unit.unit, what)


_NOTHING: Final = _Survey(None, frozenset(), {})  # type: ignore[arg-type] # before there is a plan


def _syntax(path: str) -> str | None:
    """What is wrong with a Python file before it is run at all."""
    if not path.endswith(".py"):
        return None
    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            compile(stream.read(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{_shown([path])}:{error.lineno}: {error.msg}"
    except (OSError, ValueError, RecursionError) as error:
        return f"{_shown([path])}: {error}"
    return None


def _drop_compiled(path: str) -> None:
    """Python takes what it has compiled for current when the source has the same size, and the same time in
    whole seconds: two saves within a second would run as the first."""
    if path.endswith(".py"):
        with contextlib.suppress(OSError, NotImplementedError):
            os.unlink(cache_from_source(path))  # noqa: PTH108


def _nodes(units: Collection[UnitPlan]) -> str:
    names = [instance.node for unit in units for instance in unit.instances]
    return ", ".join(dict.fromkeys(names))


def _shown(paths: Collection[str]) -> str:
    """The paths from here, unless they lead out."""
    near = [(os.path.relpath(path), path) for path in sorted(paths)]
    return ", ".join(path if short.startswith("..") else short for short, path in near)
