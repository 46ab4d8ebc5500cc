"""Units that the user stops, starts and restarts, one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.types import Backoff, Restart, TcpProbe
from orchestrator.planning.types import NodePlan
from orchestrator.supervision.actions import AskToStop, Kill, Spawn
from orchestrator.supervision.events import (
    FailureCause,
    FailureReported,
    ProbePurpose,
    ProbeSucceeded,
    SpawnFailed,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.machine import is_finished, is_up
from orchestrator.supervision.state import Phase
from orchestrator.supervision.status import snapshot
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import Condition, NodeKind, NodeState, RestartPolicy


def up(*units: Any, **settings: Any) -> World:
    world = World(make_plan(*units), **settings)
    world.start()
    return world


def stop(world: World, unit: str) -> None:
    world.send(UnitStopRequested(unit=unit, reason="stopped by ann"))


def start(world: World, unit: str) -> None:
    world.send(UnitStartRequested(unit=unit, reason="started by ann"))


def seen(world: World, unit: str) -> str:
    return snapshot(world.state).units[unit].reason


# ---------------------------------------------------------------------- stop


def test_a_unit_that_is_stopped_stays_stopped_and_says_by_whom() -> None:
    world = up(make_unit("a"), make_unit("b"))
    stop(world, "a")
    world.advance(3600)
    assert world.states() == {"a": NodeState.STOPPED, "b": NodeState.READY}
    assert world.reasons("a")[-2:] == [
        "stopping: stopped by ann",
        "stopped: stopped by ann (ended by SIGTERM)",
    ]
    assert len(world.actions(Spawn, "a")) == 1


def test_the_last_unit_that_is_stopped_keeps_the_topology_up() -> None:
    world = up(make_unit("a"))
    stop(world, "a")
    world.advance(3600)
    assert not is_finished(world.state)
    assert is_up(world.state)
    world.stop()
    assert world.finish is not None
    assert (world.finish.failed, world.finish.reason) == (False, "interrupted")


def test_its_dependents_stay_as_they_are() -> None:
    world = up(make_unit("db"), make_unit("api", depends_on=needs("db")))
    stop(world, "db")
    assert world.states() == {"db": NodeState.STOPPED, "api": NodeState.READY}


@pytest.mark.parametrize("exit_", [{"code": 3}, {"signal": 11}, {"signal": 9, "out_of_memory": True}])
def test_however_it_ends_that_is_no_failure_of_the_topology(exit_: dict[str, Any]) -> None:
    world = up(
        make_unit("a", restart=Restart(policy=RestartPolicy.ALWAYS)),
        make_unit("b", depends_on=needs("a")),
        make_unit("c", depends_on=needs("b", condition=Condition.COMPLETED)),
    )
    world.obedient = False
    stop(world, "a")
    world.exits("a", **exit_, last_lines=("bye",))
    assert world.state.phase is Phase.UP
    assert world.unit("a").state is NodeState.FAILED
    assert world.reasons("a")[-1].startswith("failed: stopped by ann (")
    assert world.unit("c").waiting


def test_it_is_killed_when_it_ignores_the_signal() -> None:
    world = up(make_unit("a"), make_unit("b"), defiant=frozenset({"a"}))
    stop(world, "a")
    world.advance(world.unit("a").plan.stop.grace_s)
    assert world.times(Kill, "a")
    assert world.reasons("a")[-1].startswith("stopped: stopped by ann (SIGKILL, since it did not stop within")


def test_what_waits_is_not_started_when_its_time_comes() -> None:
    tcp = make_probe(TcpProbe(targets=("1",)))
    world = up(make_unit("db", python=False, ready=tcp), make_unit("api", depends_on=needs("db")))
    stop(world, "api")
    world.send(ProbeSucceeded(unit="db", attempt=1, purpose=ProbePurpose.READY))
    assert world.states() == {"db": NodeState.READY, "api": NodeState.STOPPED}
    assert is_up(world.state)
    start(world, "api")
    assert world.unit("api").state is NodeState.READY


def test_what_waits_for_its_next_attempt_makes_none() -> None:
    world = up(make_unit("a"))
    world.exits("a", 1)
    assert world.unit("a").state is NodeState.BACKOFF
    stop(world, "a")
    world.advance(60)
    assert world.reasons("a")[-1] == "stopped: stopped by ann"
    assert len(world.actions(Spawn)) == 1


def test_what_is_just_being_made_is_stopped_as_soon_as_it_is_there() -> None:
    world = up(make_unit("a"), obedient=False)
    stop(world, "a")
    world.spawned("a")
    assert len(world.actions(AskToStop)) == 1


def test_what_cannot_be_made_is_stopped_as_well() -> None:
    world = up(make_unit("a"), obedient=False)
    stop(world, "a")
    world.send(SpawnFailed(unit="a", attempt=1, reason="no memory", permanent=True))
    assert world.reasons("a")[-1] == "stopped: stopped by ann"
    assert world.state.phase is Phase.UP


def test_a_unit_that_is_being_killed_for_a_failure_is_not_restarted() -> None:
    world = up(make_unit("a"))
    world.obedient = False
    world.frozen = {"a": world.now}
    world.advance(4)
    assert world.unit("a").state is NodeState.STOPPING
    stop(world, "a")
    world.exits("a", signal=9)
    assert world.unit("a").state is NodeState.STOPPED
    assert world.unit("a").restarts == ()


def test_a_task_that_is_done_while_it_is_stopped_has_succeeded() -> None:
    done = make_probe(TcpProbe(targets=("1",)))
    always = Restart(policy=RestartPolicy.ALWAYS)
    task = make_unit("t", python=False, kind=NodeKind.TASK, done=done, restart=always)
    world = up(task, make_unit("after", depends_on=needs("t", condition=Condition.COMPLETED)))
    world.obedient = False
    world.send(ProbeSucceeded(unit="t", attempt=1, purpose=ProbePurpose.DONE))
    stop(world, "t")
    world.exits("t", signal=15)
    assert world.unit("t").state is NodeState.EXITED
    assert world.unit("after").run.spawning


def test_a_replica_that_is_stopped_is_missing_when_the_others_fail() -> None:
    never = Restart(policy=RestartPolicy.NEVER)
    units = [make_unit(f"w-{i}", restart=never) for i in range(3)]
    names = tuple(u.unit for u in units)
    node = NodePlan(node="w", units=names, min_replicas=2, expendable=False)
    world = World(make_plan(*units, nodes=(node,)))
    world.start()
    stop(world, "w-0")
    stop(world, "w-1")
    assert world.finish is None
    world.exits("w-2", 3)
    assert world.finish is not None
    assert world.finish.reason == (
        "w has failed: 0 of 3 replicas left (2 stopped on request), 2 needed; w-2 has failed: exit code 3"
    )


@pytest.mark.parametrize("code", [0, 1])
def test_what_has_ended_already_stays_what_it_is(code: int) -> None:
    task = make_unit("t", kind=NodeKind.TASK, expendable=True, restart=Restart(policy=RestartPolicy.NEVER))
    world = up(task, make_unit("a"))
    world.exits("t", code)
    before = world.unit("t")
    stop(world, "t")
    assert world.unit("t") is before


def test_nobody_is_stopped_or_started_twice_or_without_need() -> None:
    world = up(make_unit("a"))
    start(world, "a")
    assert len(world.actions(Spawn)) == 1
    stop(world, "a")
    stop(world, "a")
    assert len(world.actions(AskToStop)) == 1
    for event in (UnitStopRequested, UnitStartRequested):
        assert world.send(event(unit="ghost", reason="who?")) == []


# ---------------------------------------------------------------------- start


def test_a_stopped_unit_starts_anew() -> None:
    world = up(make_unit("a"))
    stop(world, "a")
    start(world, "a")
    assert world.unit("a").state is NodeState.READY
    assert world.reasons("a")[-3] == "starting: started by ann"
    world.exits("a", 1)
    world.advance(1)
    assert world.unit("a").state is NodeState.READY, "it is supervised as before"


def test_a_failed_unit_gets_its_restarts_back() -> None:
    world = up(
        make_unit("a", expendable=True, restart=Restart(max_restarts=1, backoff=Backoff(jitter=0.0))),
        make_unit("b"),
    )
    for _ in range(2):
        world.exits("a", 1)
        world.advance(1)
    assert world.unit("a").state is NodeState.FAILED
    start(world, "a")
    assert world.unit("a").state is NodeState.READY
    world.exits("a", 1)
    assert world.reasons("a")[-1] == "backoff: exit code 1; restart 1 of 1 in 0.1 s"


def test_a_finished_task_runs_again() -> None:
    world = up(make_unit("t", kind=NodeKind.TASK), make_unit("a"))
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.EXITED
    start(world, "t")
    assert world.unit("t").state is NodeState.READY
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.EXITED


def test_a_unit_that_waits_for_its_next_attempt_makes_it_now() -> None:
    world = up(make_unit("a"))
    world.exits("a", 1)
    start(world, "a")
    assert world.unit("a").state is NodeState.READY
    world.advance(60)
    assert len(world.actions(Spawn)) == 2


def test_a_unit_on_its_way_down_comes_back_from_there() -> None:
    world = up(make_unit("a"))
    world.obedient = False
    stop(world, "a")
    start(world, "a")
    assert len(world.actions(Spawn)) == 1
    world.exits("a", 3)
    assert len(world.actions(Spawn)) == 2
    assert world.unit("a").hold is None


def test_stop_start_stop_is_a_stop() -> None:
    world = up(make_unit("a"))
    world.obedient = False
    stop(world, "a")
    start(world, "a")
    stop(world, "a")
    world.exits("a", 0)
    assert world.unit("a").state is NodeState.STOPPED
    assert len(world.actions(Spawn)) == 1


@pytest.mark.parametrize("condition", [Condition.STARTED, Condition.READY, Condition.HEALTHY])
def test_it_waits_for_what_it_depends_on_and_says_so(condition: Condition) -> None:
    world = up(make_unit("db"), make_unit("api", depends_on=needs("db", condition=condition)))
    stop(world, "api")
    stop(world, "db")
    start(world, "api")
    assert world.unit("api").state is NodeState.STOPPED
    assert not is_up(world.state)
    assert seen(world, "api").endswith(", but db was stopped (stopped by ann (ended by SIGTERM))")
    assert seen(world, "api").startswith("waits for db to ")
    start(world, "db")
    assert world.states() == {"db": NodeState.READY, "api": NodeState.READY}
    assert world.reasons("api")[-3] == "starting: started by ann"


def test_a_process_that_could_not_be_killed_is_not_doubled() -> None:
    world = up(make_unit("a"), make_unit("b"))
    world.obedient = False
    stop(world, "a")
    world.advance(3600)
    assert world.unit("a").state is NodeState.FAILED
    assert world.state.phase is Phase.UP
    start(world, "a")
    assert len(world.actions(Spawn, "a")) == 1


# ---------------------------------------------------------------------- restart


def test_a_restart_brings_a_stopped_unit_back() -> None:
    world = up(make_unit("a"))
    stop(world, "a")
    world.send(UnitRestartRequested(unit="a", reason="restarted by ann"))
    assert world.unit("a").state is NodeState.READY
    assert world.unit("a").hold is None


def test_a_restart_turns_a_stop_under_way_around() -> None:
    world = up(make_unit("a"))
    world.obedient = False
    stop(world, "a")
    world.send(UnitRestartRequested(unit="a", reason="restarted by ann"))
    world.exits("a", 0)
    assert world.unit("a").run.spawning


def test_nothing_is_stopped_or_started_before_the_beginning_or_after_the_end() -> None:
    world = World(make_plan(make_unit("a")))
    stop(world, "a")
    start(world, "a")
    world.start()
    assert world.unit("a").state is NodeState.READY
    world.stop()
    start(world, "a")
    assert len(world.actions(Spawn)) == 1


# ---------------------------------------------------- what was asked for and does not work out


def fails_for_good(world: World, unit: str) -> None:
    """A new process of the unit cannot import its module."""
    world.spawned(unit)
    cause = FailureReported(
        unit=unit,
        instance=unit,
        attempt=world.unit(unit).run.attempt,
        cause=FailureCause.IMPORT,
        reason="no module named w",
        permanent=True,
    )
    world.send(cause)
    world.exits(unit, 1)


def test_a_restart_that_does_not_work_out_is_not_the_end_of_the_topology() -> None:
    world = up(make_unit("a"), make_unit("b"))
    world.obedient = False
    world.send(UnitRestartRequested(unit="a", reason="asked by ann"))
    world.exits("a", 0)
    fails_for_good(world, "a")
    assert world.states() == {"a": NodeState.FAILED, "b": NodeState.READY}
    assert world.state.phase is Phase.UP


def test_nor_is_a_start() -> None:
    world = up(make_unit("a"), make_unit("b"))
    stop(world, "a")
    world.obedient = False
    start(world, "a")
    fails_for_good(world, "a")
    assert world.states() == {"a": NodeState.FAILED, "b": NodeState.READY}
    assert world.state.phase is Phase.UP


@pytest.mark.parametrize("python", [True, False])
def test_once_it_is_ready_again_its_failure_counts_as_any_other(python: bool) -> None:
    world = up(make_unit("a", python=python, restart=Restart(policy=RestartPolicy.NEVER)), make_unit("b"))
    start(world, "a")  # runs already: nothing to try
    world.send(UnitRestartRequested(unit="a", reason="asked by ann"))
    assert world.states()["a"] is NodeState.READY
    world.exits("a", 1)
    assert world.finish is not None and world.finish.failed
