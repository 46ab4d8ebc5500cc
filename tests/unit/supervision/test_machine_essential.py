"""Nodes whose end is the end of the topology (`supervision.auto_shutdown`)."""

from __future__ import annotations

from typing import Any

from orchestrator.model.types import Restart, Supervision
from orchestrator.planning.types import NodePlan
from orchestrator.supervision.actions import AskToStop
from orchestrator.supervision.events import UnitStopRequested
from orchestrator.supervision.testing import World, make_plan, make_unit, needs
from orchestrator.vocabulary import AutoShutdown, NodeKind, NodeState, RestartPolicy

ANY = Supervision(auto_shutdown=AutoShutdown.ANY_ESSENTIAL)
NEVER = Supervision(auto_shutdown=AutoShutdown.NEVER)
EVERY = Supervision(auto_shutdown=AutoShutdown.ALL_ESSENTIAL)
TASK = NodeKind.TASK


def up(*units: Any, supervision: Supervision = ANY, essential: tuple[str, ...] = ("job",)) -> World:
    world = World(make_plan(*units, supervision=supervision, essential=essential))
    world.start()
    return world


def end(world: World) -> tuple[bool, str] | None:
    return None if world.finish is None else (world.finish.failed, world.finish.reason)


def test_the_end_of_an_essential_node_stops_the_others_in_order() -> None:
    world = up(make_unit("job", kind=TASK), make_unit("db"), make_unit("api", depends_on=needs("db")))
    world.exits("job", 0)
    assert [a.unit for a in world.actions(AskToStop)] == ["api", "db"]
    assert end(world) == (False, "job, which is essential, has finished")


def test_where_nothing_is_to_shut_down_it_is_an_end_like_any_other() -> None:
    world = up(make_unit("job", kind=TASK), make_unit("db"), supervision=NEVER)
    world.exits("job", 0)
    assert end(world) is None


def test_the_end_of_others_stops_nothing() -> None:
    world = up(make_unit("job", kind=TASK), make_unit("other", kind=TASK), make_unit("db"))
    world.exits("other", 0)
    assert end(world) is None


def test_a_node_has_ended_with_its_last_replica() -> None:
    units = [make_unit(f"job-{i}", kind=TASK) for i in range(2)]
    node = NodePlan(node="job", units=("job-0", "job-1"), min_replicas=2, expendable=False, essential=True)
    db = NodePlan(node="db", units=("db",), min_replicas=1, expendable=False)
    world = World(make_plan(*units, make_unit("db"), nodes=(node, db), supervision=ANY))
    world.start()
    world.exits("job-1", 0)
    assert end(world) is None
    world.exits("job-0", 0)
    assert end(world) == (False, "job, which is essential, has finished")


def test_all_means_the_last_of_them() -> None:
    jobs = (make_unit("job", kind=TASK), make_unit("other", kind=TASK), make_unit("db"))
    world = up(*jobs, supervision=EVERY, essential=("job", "other"))
    world.exits("job", 0)
    assert end(world) is None
    world.exits("other", 0)
    assert end(world) == (False, "every essential node has ended, and other, the last, has finished")


def test_a_failure_that_the_topology_cannot_bear_is_told_as_one() -> None:
    never = Restart(policy=RestartPolicy.NEVER)
    world = up(make_unit("job", kind=TASK, restart=never), make_unit("db"))
    world.exits("job", 1)
    assert end(world) == (True, "job has failed: exit code 1")


def test_an_expendable_one_that_fails_ends_the_topology_without_failing_it() -> None:
    never = Restart(policy=RestartPolicy.NEVER)
    world = up(make_unit("job", kind=TASK, restart=never, expendable=True), make_unit("db"))
    world.exits("job", 1)
    assert end(world) == (False, "job, which is essential, has failed")


def test_a_restart_is_no_end() -> None:
    world = up(make_unit("job", kind=TASK), make_unit("db"))
    world.exits("job", 1)
    world.advance(1)
    assert world.unit("job").state is NodeState.READY
    assert end(world) is None


def test_what_the_user_stops_has_not_ended() -> None:
    world = up(make_unit("job"), make_unit("db"))
    world.send(UnitStopRequested(unit="job", reason="stopped by ann"))
    assert end(world) is None
