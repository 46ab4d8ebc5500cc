"""What can be seen from outside."""

from __future__ import annotations

from orchestrator.model.types import Backoff, Restart, TcpProbe
from orchestrator.supervision.events import ProbeFailed, ProbePurpose
from orchestrator.supervision.status import snapshot
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState

TCP = make_probe(TcpProbe(targets=("5557",)))


def test_before_the_start() -> None:
    seen = snapshot(World(make_plan(make_unit("a"))).state)
    assert (seen.topology, seen.up, seen.stopping, seen.finished, seen.failed) == (
        "test",
        False,
        False,
        False,
        False,
    )
    assert seen.units["a"].state is NodeState.STOPPED
    assert seen.units["a"].attempt == 0


def test_a_running_unit() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(backoff=Backoff(jitter=0.0)))))
    world.start()
    world.advance(5)
    world.exits("a", 3)
    world.advance(1)
    seen = snapshot(world.state).units["a"]
    assert seen.ready
    assert (seen.attempt, seen.restarts, seen.pid, seen.last_exit) == (2, 1, world.live["a"], "exit code 3")
    assert seen.since == 1005.1
    assert snapshot(world.state).up


def test_who_waits_says_for_whom() -> None:
    plan = make_plan(
        make_unit("a", python=False, ready=TCP),
        make_unit("b", depends_on=needs("a")),
        make_unit("c", python=False, binders=("a",)),
        make_unit("d", binders=("a",)),
    )
    world = World(plan)
    world.start()
    units = snapshot(world.state).units
    assert units["b"].reason == "waits for a to be ready"
    assert units["c"].reason == "waits for a to bind"
    assert units["a"].reason == "not ready yet: tcp 5557"
    world.send(ProbeFailed(unit="a", attempt=1, purpose=ProbePurpose.READY, reason="tcp 5557 refused"))
    assert snapshot(world.state).units["a"].reason == "not ready yet: tcp 5557 refused"


def test_a_python_unit_says_that_it_waits_for_its_binders() -> None:
    world = World(make_plan(make_unit("a", python=False, ready=TCP), make_unit("d", binders=("a",))))
    world.obedient = False
    world.start()
    world.spawned("d")
    assert snapshot(world.state).units["d"].reason == "not ready yet: its sockets are not bound"
    world.bound("d")
    assert snapshot(world.state).units["d"].reason == "waits for a to bind"


def test_the_end() -> None:
    world = World(make_plan(make_unit("t", kind=NodeKind.TASK, restart=Restart(max_restarts=0))))
    world.start()
    world.exits("t", 1)
    seen = snapshot(world.state)
    assert (seen.finished, seen.failed, seen.up) == (True, True, False)
    assert seen.reason.startswith("t has failed: exit code 1")
