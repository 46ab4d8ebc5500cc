"""Rolling restarts: one unit at a time, each ready before the next."""

from __future__ import annotations

from typing import Any

from orchestrator.model.types import Restart, Supervision, TcpProbe
from orchestrator.planning.types import NodePlan
from orchestrator.supervision.actions import AskToStop, RolloutEnded, Spawn
from orchestrator.supervision.events import (
    FailureCause,
    FailureReported,
    ProbePurpose,
    ProbeSucceeded,
    RollingRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.machine import is_up
from orchestrator.supervision.state import Phase
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState, Strategy

REPLICAS = ("w-0", "w-1", "w-2")


def replicas(*others: Any, supervision: Supervision | None = None, **settings: Any) -> World:
    """Three replicas of a node, all of which are needed."""
    units = (*(make_unit(name, **settings) for name in REPLICAS), *others)
    nodes = [NodePlan(node="w", units=REPLICAS, min_replicas=3, expendable=False)]
    nodes += [NodePlan(node=u.unit, units=(u.unit,), min_replicas=1, expendable=False) for u in others]
    world = World(make_plan(*units, nodes=nodes, supervision=supervision))
    world.start()
    return world


def roll(world: World, *units: str, number: int = 1) -> None:
    world.send(RollingRestartRequested(rollout=number, units=units or REPLICAS, reason="asked by ann"))


def ready(world: World) -> list[str]:
    return [name for name, state in world.states().items() if state is NodeState.READY]


def come_up(world: World, unit: str) -> None:
    """What an obedient unit would have done."""
    world.bound(unit)
    world.reports_ready(unit)


def ends(world: World) -> list[RolloutEnded]:
    return world.actions(RolloutEnded)


def test_one_unit_is_replaced_after_the_other() -> None:
    world = replicas()
    world.obedient = False
    roll(world)
    for name in REPLICAS:
        assert set(ready(world)) == set(REPLICAS) - {name}
        assert world.actions(AskToStop)[-1].unit == name
        world.exits(name, 0)
        world.spawned(name)
        assert set(ready(world)) == set(REPLICAS) - {name}
        assert not ends(world)
        come_up(world, name)
    assert ends(world) == [RolloutEnded(rollout=1, ok=True, reason="asked by ann", done=REPLICAS, left=())]
    assert set(ready(world)) == set(REPLICAS)


def test_units_outside_of_it_are_left_alone() -> None:
    world = replicas(make_unit("other"))
    pid = world.live["other"]
    roll(world)
    assert ends(world)[0].ok
    assert world.live["other"] == pid
    assert len(world.actions(Spawn, "w-1")) == 2


def test_it_ends_at_the_first_replacement_that_fails_and_the_rest_keeps_running() -> None:
    world = replicas()
    world.obedient = False
    roll(world)
    world.exits("w-0", 0)
    world.spawned("w-0")
    cause = FailureReported(
        unit="w-0",
        instance="w-0",
        attempt=2,
        cause=FailureCause.IMPORT,
        reason="no module named w",
        permanent=True,
    )
    world.send(cause)
    world.exits("w-0", 1)
    (end,) = ends(world)
    assert not end.ok
    assert end.reason == "w-0 is not ready: cannot be imported: no module named w"
    assert (end.done, end.left) == ((), REPLICAS)
    assert world.state.phase is Phase.UP
    assert world.states() == {"w-0": NodeState.FAILED, "w-1": NodeState.READY, "w-2": NodeState.READY}
    assert not is_up(world.state)


def test_a_replacement_that_failed_is_tried_again_but_never_takes_the_topology_with_it() -> None:
    supervision = Supervision(strategy=Strategy.ONE_FOR_ALL, max_restarts=0)
    world = replicas(supervision=supervision, restart=Restart(max_restarts=2))
    world.obedient = False
    roll(world)
    for attempt in range(3):
        if attempt:
            world.advance(20)
        else:
            world.exits("w-0", 0)
        world.spawned("w-0")
        world.exits("w-0", 1)
        assert len(ends(world)) == 1
    assert world.states() == {"w-0": NodeState.FAILED, "w-1": NodeState.READY, "w-2": NodeState.READY}
    world.obedient = True
    world.send(UnitStartRequested(unit="w-0", reason="started by ann"))
    assert set(ready(world)) == set(REPLICAS)
    world.exits("w-0", 1)  # it was ready: from here on its failures count
    assert world.state.phase is not Phase.UP


def test_a_replacement_that_is_not_ready_in_time_ends_it() -> None:
    world = replicas(python=False, ready=make_probe(TcpProbe(targets=("1",)), timeout_s=5.0))
    for name in REPLICAS:
        world.send(ProbeSucceeded(unit=name, attempt=1, purpose=ProbePurpose.READY))
    roll(world)
    world.advance(4)
    assert not ends(world)
    world.advance(2)
    assert ends(world)[0].reason.startswith("w-0 is not ready: did not become ready in 5 s")
    assert ends(world)[0].left == REPLICAS


def test_a_replacement_that_waits_for_others_does_not_wait_for_ever() -> None:
    world = replicas(make_unit("late", depends_on=needs("w-0"), expendable=True))
    world.obedient = False
    world.exits("late", 1)
    world.obedient = True
    world.send(UnitStopRequested(unit="w-0", reason="stopped by ann"))
    roll(world, "late")
    assert not ends(world)
    world.advance(200)
    assert ends(world)[0].reason == "late is not ready in time: it waits for others (asked by ann)"


def test_one_that_was_ready_and_fails_while_the_others_are_replaced_ends_it() -> None:
    world = replicas()
    world.obedient = False
    roll(world)
    world.exits("w-0", 0)
    world.spawned("w-0")
    come_up(world, "w-0")
    world.exits("w-0", 1)
    assert ends(world)[0].reason.startswith("w-0 became ready, but not for long: exit code 1")
    assert (ends(world)[0].done, ends(world)[0].left) == (("w-0",), ("w-1", "w-2"))


def test_what_is_down_already_is_replaced_first() -> None:
    world = replicas()
    world.exits("w-1", 1)
    assert world.states()["w-1"] is NodeState.BACKOFF
    world.obedient = False
    roll(world)
    assert world.states() == {"w-0": NodeState.READY, "w-1": NodeState.STARTING, "w-2": NodeState.READY}
    world.spawned("w-1")
    come_up(world, "w-1")
    assert world.states()["w-0"] is NodeState.STOPPING


def test_a_unit_that_the_user_has_stopped_is_passed_over() -> None:
    world = replicas()
    world.send(UnitStopRequested(unit="w-2", reason="stopped by ann"))
    roll(world)
    assert (ends(world)[0].ok, ends(world)[0].left) == (True, ("w-2",))
    assert set(ready(world)) == {"w-0", "w-1"}


def test_a_unit_that_is_stopped_in_its_turn_ends_it() -> None:
    world = replicas()
    world.obedient = False
    roll(world)
    world.send(UnitStopRequested(unit="w-0", reason="stopped by ann"))
    world.exits("w-0", 0)
    assert ends(world)[0].reason == "w-0 is not ready: stopped by ann"
    assert world.states()["w-1"] is NodeState.READY


def test_a_second_request_waits_for_the_first() -> None:
    world = replicas()
    world.obedient = False
    roll(world, "w-0", number=1)
    roll(world, "w-1", number=2)
    assert world.states()["w-1"] is NodeState.READY
    for name in ("w-0", "w-1"):
        world.exits(name, 0)
        world.spawned(name)
        come_up(world, name)
    assert [(end.rollout, end.ok) for end in ends(world)] == [(1, True), (2, True)]


def test_a_stop_of_everything_ends_it_and_all_that_wait() -> None:
    world = replicas()
    world.obedient = False
    roll(world, number=1)
    roll(world, number=2)
    world.stop()
    assert [(end.rollout, end.ok, end.reason) for end in ends(world)] == [
        (1, False, "the topology stops: interrupted"),
        (2, False, "the topology stops: interrupted"),
    ]


def test_before_the_start_there_is_nothing_to_roll() -> None:
    world = World(make_plan(make_unit("a")))
    roll(world, "a")
    assert ends(world)[0].reason == "the topology is not up"


def test_names_that_do_not_exist_are_nobodys_business() -> None:
    world = replicas()
    roll(world, "nobody")
    assert ends(world) == [RolloutEnded(rollout=1, ok=True, reason="asked by ann", done=(), left=())]


def test_a_task_counts_once_it_has_succeeded() -> None:
    ready_when = make_probe(TcpProbe(targets=("1",)))
    task = make_unit("task", python=False, kind=NodeKind.TASK, ready=ready_when)
    world = World(make_plan(task, make_unit("other")))
    world.start()
    world.exits("task", 0)
    roll(world, "task")
    assert not ends(world)
    world.exits("task", 0)
    assert ends(world)[0].ok
    assert world.states()["task"] is NodeState.EXITED


def test_it_waits_while_a_failure_brings_units_down_and_up_together() -> None:
    world = replicas(supervision=Supervision(strategy=Strategy.ONE_FOR_ALL))
    world.exits("w-2", 1)
    assert world.state.regroup is not None
    roll(world, "w-0")
    assert not ends(world)
    world.advance(60)
    assert ends(world)[0].ok
    assert world.unit("w-0").run.attempt == 3
