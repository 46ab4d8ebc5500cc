"""Units that ran, or had ended, before this supervisor began."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.types import Restart, TcpProbe
from orchestrator.supervision.actions import Announce, Connect, Kill, Spawn, StartProbe
from orchestrator.supervision.events import (
    Adopted,
    Bound,
    Exited,
    ProbePurpose,
    ProbeSucceeded,
    ReadyReported,
    Recalled,
    StartRequested,
    UnitStartRequested,
)
from orchestrator.supervision.machine import is_up
from orchestrator.supervision.status import snapshot
from orchestrator.supervision.testing import World, make_health, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import Condition, NodeKind, NodeState, SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

TCP = TcpProbe(targets=("5557",))


def connector(name: str, *binders: str) -> Any:
    """A Python unit that connects to the socket `out` of each binder."""
    targets = tuple(ConnectTarget(address=None, instance=b, socket="out") for b in binders)
    socket = SocketLaunch(name="in", type=SocketType.SUB, connects=targets)
    instance = InstanceLaunch(instance=name, node=name, replica=0, target="m:N", sockets=(socket,))
    return make_unit(name, instances=(instance,), binders=binders)


def test_what_ran_before_is_not_started_again() -> None:
    world = World(make_plan(make_unit("a"), make_unit("b", depends_on=needs("a"))))
    world.adopt("a", pid=7, attempt=3, ready=True, restarts=2, since_s=90.0)
    world.start()
    assert [s.unit for s in world.actions(Spawn)] == ["b"]
    assert world.reasons("a") == ["ready: adopted: process 7 has been running for 90.0 s"]
    seen = snapshot(world.state).units["a"]
    assert (seen.pid, seen.attempt, seen.restarts, seen.state) == (7, 3, 2, NodeState.READY)
    assert is_up(world.state)


def test_its_end_is_that_of_any_unit_and_attempts_count_on() -> None:
    world = World(make_plan(make_unit("a")))
    world.adopt("a", pid=7, attempt=3, ready=True)
    world.start()
    world.exits("a", signal=11)
    assert world.actions(Kill) == [Kill(unit="a", attempt=3)]
    world.advance(1)
    assert [s.attempt for s in world.actions(Spawn)] == [4]
    assert world.unit("a").state is NodeState.READY


def test_a_frozen_one_is_noticed_although_it_never_spoke_to_this_supervisor() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.adopt("a", pid=7, attempt=1, ready=True)
    world.frozen = {"a": 0.0}
    world.start()
    world.advance(2.9)
    assert world.unit("a").state is NodeState.READY
    world.advance(0.2)
    assert world.reasons("a")[-1] == "stopping: frozen: no heartbeat for 3.0 s (3 missed)"


def test_one_that_answers_goes_on() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.adopt("a", pid=7, attempt=1, ready=True)
    world.start()
    world.advance(600)
    assert world.unit("a").state is NodeState.READY


def test_a_foreign_one_is_judged_by_heartbeats_once_it_has_answered() -> None:
    world = World(make_plan(make_unit("a", python=False)), obedient=False)
    world.adopt("a", pid=7, attempt=1, ready=True)
    world.start()
    world.advance(600)
    assert world.unit("a").state is NodeState.READY


def test_health_is_watched_and_readiness_not_asked_again() -> None:
    unit = make_unit("a", python=False, ready=make_probe(TCP), health=make_health(TCP))
    world = World(make_plan(unit))
    world.adopt("a", pid=7, attempt=2, ready=True)
    assert world.actions(StartProbe) == [StartProbe(unit="a", attempt=2, purpose=ProbePurpose.HEALTH)]


def test_one_that_was_not_ready_yet_has_its_whole_time() -> None:
    world = World(make_plan(make_unit("a", python=False, ready=make_probe(TCP, timeout_s=5.0))))
    world.adopt("a", pid=7, attempt=1, ready=False, since_s=4.0)
    world.start()
    assert world.unit("a").state is NodeState.RUNNING
    assert world.actions(StartProbe) == [StartProbe(unit="a", attempt=1, purpose=ProbePurpose.READY)]
    world.advance(4.9)
    assert world.unit("a").state is NodeState.RUNNING
    world.send(ProbeSucceeded(unit="a", attempt=1, purpose=ProbePurpose.READY))
    assert world.unit("a").state is NodeState.READY


def test_one_that_does_not_become_ready_is_restarted() -> None:
    world = World(make_plan(make_unit("a", python=False, ready=make_probe(TCP, timeout_s=5.0))))
    world.adopt("a", pid=7, attempt=1, ready=False)
    world.start()
    world.advance(5.2)
    assert [s.attempt for s in world.actions(Spawn)] == [2]
    assert "did not become ready in 5 s" in world.reasons("a")[1]


def test_the_time_of_a_task_counts_from_its_beginning() -> None:
    world = World(make_plan(make_unit("t", kind=NodeKind.TASK, timeout_s=100.0)))
    world.adopt("t", pid=7, attempt=1, ready=True, since_s=90.0)
    world.start()
    world.advance(9.9)
    assert world.unit("t").state is NodeState.READY
    world.advance(0.2)
    assert "stopping: did not finish in 100 s" in world.reasons("t")


def test_its_addresses_are_told_to_those_that_start() -> None:
    world = World(make_plan(make_unit("feed"), connector("sub", "feed")), obedient=False)
    world.adopt("feed", pid=7, attempt=1, ready=True, addresses={("feed", "out"): ("tcp://0.0.0.0:1",)})
    world.start()
    assert world.actions(Spawn)[0].addresses == {("feed", "out"): ("tcp://127.0.0.1:1",)}


def test_one_that_waited_for_its_binders_is_told_where_they_are() -> None:
    world = World(make_plan(make_unit("feed"), connector("sub", "feed")), obedient=False)
    world.adopt("sub", pid=7, attempt=2, bound=frozenset({"sub"}))
    world.start()
    assert world.actions(Connect) == []
    world.spawned("feed")
    world.bound("feed", out=("tcp://0.0.0.0:1",))
    assert [(c.unit, c.attempt) for c in world.actions(Connect)] == [("sub", 2)]


def test_what_it_says_is_heard() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.adopt("a", pid=7, attempt=2)
    world.send(Bound(unit="a", instance="a", attempt=2, addresses={}))
    world.send(ReadyReported(unit="a", instance="a", attempt=2))
    assert world.unit("a").state is NodeState.READY
    world.start()
    assert world.actions(Spawn) == []


def test_one_that_ends_before_the_beginning_is_started_then() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(max_restarts=0))))
    world.adopt("a", pid=7, attempt=2, ready=True)
    world.exits("a", signal=9)
    assert world.unit("a").waiting
    world.start()
    assert world.unit("a").state is NodeState.READY
    assert world.unit("a").run.attempt == 3


@pytest.mark.parametrize("late", [True, False])
def test_nobody_is_adopted_twice_or_late(late: bool) -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    if late:
        world.send(StartRequested())
    else:
        world.adopt("a", pid=7, attempt=1)
    assert world.send(Adopted(unit="a", pid=8, attempt=5)) == []
    assert world.send(Adopted(unit="ghost", pid=8, attempt=5)) == []
    assert world.unit("a").run.pid == (None if late else 7)


def test_a_stop_stops_what_was_adopted() -> None:
    world = World(make_plan(make_unit("a")))
    world.adopt("a", pid=7, attempt=1, ready=True)
    world.stop()
    assert world.finish is not None
    assert world.live == {}


# ---------------------------------------------------------------------- what had ended


def test_a_finished_task_is_not_run_again() -> None:
    task = make_unit("migrate", kind=NodeKind.TASK)
    done = needs("migrate", condition=Condition.COMPLETED)
    world = World(make_plan(task, make_unit("api", depends_on=done)))
    world.send(Recalled(unit="migrate", state=NodeState.EXITED, attempt=1, reason="succeeded (exit code 0)"))
    world.start()
    assert [s.unit for s in world.actions(Spawn)] == ["api"]
    assert world.unit("migrate").state is NodeState.EXITED


def test_what_the_user_had_stopped_stays_down_and_keeps_the_topology_up() -> None:
    world = World(make_plan(make_unit("a")))
    world.send(Recalled(unit="a", state=NodeState.STOPPED, attempt=4, reason="stopped by ann"))
    world.start()
    assert world.actions(Spawn) == []
    assert world.finish is None
    world.send(UnitStartRequested(unit="a", reason="started by ann"))
    assert [s.attempt for s in world.actions(Spawn)] == [5]


def test_what_had_failed_is_left_so() -> None:
    failed = make_unit("a", expendable=True)
    world = World(make_plan(failed, make_unit("b", depends_on=needs("a"), expendable=True), make_unit("c")))
    world.send(Recalled(unit="a", state=NodeState.FAILED, attempt=6, reason="exit code 3"))
    world.start()
    assert world.states() == {"a": NodeState.FAILED, "b": NodeState.FAILED, "c": NodeState.READY}


def test_only_ends_are_recalled() -> None:
    world = World(make_plan(make_unit("a")))
    assert world.send(Recalled(unit="a", state=NodeState.READY, attempt=1, reason="?")) == []
    assert world.actions(Announce) == []


def test_a_stranger_of_the_same_number_means_nothing() -> None:
    world = World(make_plan(make_unit("a")))
    world.adopt("a", pid=7, attempt=1, ready=True)
    world.start()
    assert world.send(Exited(unit="a", pid=8, code=0, signal=None)) == []
