"""`supervision` and `essential`: what is written, and what is usual."""

from __future__ import annotations

from orchestrator.model.load import load
from orchestrator.model.types import Supervision, Topology
from orchestrator.vocabulary import AutoShutdown, Strategy

HEAD = "version: 1\nname: t\n"
NODES = "nodes:\n  a: {command: a, essential: true}\n  b: {command: b}\n"


def topology(text: str) -> Topology:
    loaded = load("t.yaml", text=HEAD + text + NODES, environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def test_what_is_written() -> None:
    found = topology(
        "supervision: {strategy: rest-for-one, max_restarts: 3, window: 5m, auto_shutdown: all-essential}\n"
    )
    assert found.supervision == Supervision(
        strategy=Strategy.REST_FOR_ONE,
        max_restarts=3,
        window_s=300.0,
        auto_shutdown=AutoShutdown.ALL_ESSENTIAL,
    )
    assert [node.essential for node in found.nodes.values()] == [True, False]


def test_what_is_usual() -> None:
    found = topology("").supervision
    assert found == Supervision()
    assert (found.strategy, found.max_restarts) == (Strategy.ONE_FOR_ONE, None)
    assert found.auto_shutdown is AutoShutdown.ANY_ESSENTIAL


def test_no_restart_at_all_is_not_no_limit() -> None:
    assert topology("supervision: {max_restarts: 0}\n").supervision.max_restarts == 0
