"""What follows when a file of a node has changed: who is restarted, started, or left alone."""

from __future__ import annotations

import asyncio
import os
from importlib.util import cache_from_source
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.app.check import check_file
from orchestrator.app.reloading import Reloader
from orchestrator.planning.build import build
from orchestrator.vocabulary import NodeState

TOPOLOGY = """
version: 1
name: a
nodes:
  one: {run: one:f}
  two: {run: two:f, replicas: 2}
  program: {command: [sh, run.sh]}
"""


class World:
    """A run that is none: everybody is in the state that the test names."""

    def __init__(self, directory: Path, **states: NodeState) -> None:
        file = directory / "topology.yaml"
        file.write_text(TOPOLOGY)
        checked = check_file(str(file))
        assert checked.topology is not None
        self.plan = build(
            checked.topology, run_dir="/r", environ={}, platform=os.name, pick_port=lambda *_: 1
        )
        self.done: list[str] = []
        self.told: list[str] = []
        names = [unit.unit for unit in self.plan.units]
        self.states = {
            name: SimpleNamespace(state=states.get(name.replace("-", "_"), NodeState.READY)) for name in names
        }
        supervisor: Any = self
        planner: Any = SimpleNamespace(topology=checked.topology)
        changer: Any = None
        self._reloader = Reloader(supervisor, changer, planner, self.told.append, os.environ)

    def snapshot(self) -> Any:
        return SimpleNamespace(stopping=False, units=self.states)

    def restart(self, unit: str, reason: str) -> None:
        self.done.append(f"restart {unit}")

    def start_unit(self, unit: str, reason: str) -> None:
        self.done.append(f"start {unit}")

    def follow(self, *paths: Path) -> list[str]:
        async def scenario() -> None:
            await self._reloader.open()
            try:
                await self._reloader.follow({str(path) for path in paths})
            finally:
                await self._reloader.close()

        asyncio.run(scenario())
        assert self.told.pop(0) == "watching 5 files for changes"
        return self.done


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("import shared\n\ndef f(node): ...\n")
    (tmp_path / "shared.py").write_text("")
    (tmp_path / "run.sh").write_text("")
    return tmp_path


def test_those_whose_file_it_is(directory: Path) -> None:
    world = World(directory)
    assert world.follow(directory / "two.py") == ["restart two-0", "restart two-1"]
    assert world.told == ["two.py changed: restarting two"]


def test_several_files_at_once_are_one_change(directory: Path) -> None:
    world = World(directory)
    assert world.follow(directory / "shared.py", directory / "run.sh", directory / "one.py") == [
        "restart one",
        "restart two-0",
        "restart two-1",
        "restart program",
    ]
    assert world.told == ["one.py, run.sh, shared.py changed: restarting one, two, program"]


def test_who_failed_is_started_and_who_is_not_there_is_left_alone(directory: Path) -> None:
    states = {"one": NodeState.FAILED, "two_0": NodeState.STOPPED, "two_1": NodeState.BACKOFF}
    world = World(directory, program=NodeState.EXITED, **states)
    assert world.follow(directory / "shared.py") == ["start one", "restart two-1"]
    world = World(directory, program=NodeState.EXITED)
    assert world.follow(directory / "run.sh") == []
    assert world.told == ["run.sh changed; left alone: program (exited)"]


def test_code_that_cannot_start(directory: Path) -> None:
    (directory / "one.py").write_text("def f(:\n")
    (directory / "two.py").write_text("import shared, nowhere\n\ndef f(node): ...\n")
    world = World(directory)
    assert world.follow(directory / "shared.py", directory / "one.py") == []
    [told] = world.told
    assert told.startswith("one.py, shared.py changed: one goes on with the old code: one.py:1: ")
    assert told.endswith(
        "; two goes on with the old code: ModuleNotFoundError: No module named 'nowhere' (two.py:1 in <module>)"
    )


def test_one_that_cannot_does_not_hold_the_others(directory: Path) -> None:
    (directory / "two.py").write_text("import shared\n1 / 0\n")
    world = World(directory)
    assert world.follow(directory / "shared.py") == ["restart one"]
    assert world.told[0].startswith("shared.py changed: restarting one; two goes on with the old code: Zero")


def test_what_was_compiled_is_dropped(directory: Path) -> None:
    compiled = Path(cache_from_source(str(directory / "one.py")))
    compiled.parent.mkdir()
    compiled.write_bytes(b"of the second before")
    World(directory).follow(directory / "one.py")
    assert not compiled.exists() or compiled.read_bytes() != b"of the second before"
