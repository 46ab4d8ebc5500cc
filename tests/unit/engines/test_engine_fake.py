"""The engine without processes does what the test says, and only that."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from orchestrator.engines import Engine, SpawnRequest
from orchestrator.engines.fake import FakeEngine, Killed, Signalled, Spawned, Written
from orchestrator.errors import RunError
from orchestrator.vocabulary import Stream


class _Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def spawned(self, *report: Any) -> None:
        self.heard.append(("spawned", *report))

    def spawn_failed(self, *report: Any) -> None:
        self.heard.append(("spawn_failed", *report))

    def output(self, *report: Any) -> None:
        self.heard.append(("output", *report))

    def exited(self, *report: Any) -> None:
        self.heard.append(("exited", *report))

    def engine_lost(self, *report: Any) -> None:
        self.heard.append(("engine_lost", *report))


def _request(unit: str) -> SpawnRequest:
    return SpawnRequest(unit=unit, attempt=1, argv=("x",), host=None, env={}, cwd="/", stdin=False)


def _started(engine: FakeEngine) -> _Listener:
    listener = _Listener()
    asyncio.run(engine.start(listener))
    return listener


def test_nothing_happens_by_itself() -> None:
    engine = FakeEngine()
    listener = _started(engine)
    seam: Engine = engine
    seam.spawn(_request("a"))
    seam.signal("a", 1, 15)
    seam.kill("a", 1)
    seam.write_stdin("a", 1, b"x")
    assert listener.heard == []
    assert engine.calls == [
        Spawned(_request("a")),
        Signalled("a", 1, 15),
        Killed("a", 1),
        Written("a", 1, b"x"),
    ]
    assert engine.requests("a") == [_request("a")]


def test_the_test_makes_it_happen() -> None:
    engine = FakeEngine()
    listener = _started(engine)
    first, second = engine.spawn_succeeds("a", 1), engine.spawn_succeeds("b", 1)
    assert first != second
    engine.spawn_fails("c", 1, "why", permanent=True)
    engine.emit("a", 1, b"out")
    engine.exits("a", 1)
    engine.exits("b", 1, signal=9, out_of_memory=True)
    engine.breaks("gone")
    assert listener.heard == [
        ("spawned", "a", 1, first),
        ("spawned", "b", 1, second),
        ("spawn_failed", "c", 1, "why", True),
        ("output", "a", 1, Stream.STDOUT, b"out"),
        ("exited", "a", 1, first, 0, None, False),
        ("exited", "b", 1, second, None, 9, True),
        ("engine_lost", "gone"),
    ]
    with pytest.raises(KeyError):
        engine.exits("a", 1)


def test_an_obedient_one_spawns_and_dies_at_once() -> None:
    engine = FakeEngine(obedient=True)
    listener = _started(engine)
    engine.spawn(_request("a"))
    engine.kill("a", 1)
    engine.kill("a", 1)
    assert [report[0] for report in listener.heard] == ["spawned", "exited"]
    assert engine.pids == {}


def test_a_start_that_fails() -> None:
    with pytest.raises(RunError, match="no"):
        _started(FakeEngine(start_error=RunError("no")))
