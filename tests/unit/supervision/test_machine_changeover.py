"""One plan becomes another while the topology runs, and is taken back when that fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.model.types import Health, Restart, Supervision, TcpProbe
from orchestrator.planning.types import NodePlan, Plan, UnitPlan
from orchestrator.supervision.actions import (
    AskToStop,
    CancelProbes,
    Connect,
    RolloutEnded,
    Spawn,
    StartProbe,
)
from orchestrator.supervision.events import (
    ProbePurpose,
    ProbeSucceeded,
    Replanned,
    RollingRestartRequested,
    SpawnFailed,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.machine import is_finished, is_up
from orchestrator.supervision.state import Phase
from orchestrator.supervision.testing import World, make_health, make_plan, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState, RestartPolicy, SocketType, Strategy
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

STOPPED, READY, FAILED, EXITED = NodeState.STOPPED, NodeState.READY, NodeState.FAILED, NodeState.EXITED


def unit(name: str, version: str = "1", *, binds: str | None = None, **settings: Any) -> UnitPlan:
    """A unit that is replaced where its `version` differs."""
    sockets = () if binds is None else (SocketLaunch(name="out", type=SocketType.PUB, binds=(binds,)),)
    instance = InstanceLaunch(instance=name, node=name, replica=0, target=f"m:V{version}", sockets=sockets)
    return make_unit(name, instances=(instance,), **settings)


def reader(name: str, of: str, **settings: Any) -> UnitPlan:
    """A unit that connects to wherever `of` has bound."""
    target = ConnectTarget(address=None, instance=of, socket="out")
    socket = SocketLaunch(name="in", type=SocketType.SUB, connects=(target,))
    instance = InstanceLaunch(instance=name, node=name, replica=0, target="m:R", sockets=(socket,))
    return make_unit(name, instances=(instance,), binders=(of,), **settings)


def up(*units: UnitPlan, **settings: Any) -> World:
    world = World(make_plan(*units, **settings))
    world.start()
    return world


def change(world: World, *units: UnitPlan, plan: Plan | None = None, number: int = 1, **more: Any) -> None:
    plan = plan or make_plan(*units, **more)
    world.send(Replanned(rollout=number, plan=plan, replace=frozenset(), reason="asked by ann"))


def end(world: World) -> RolloutEnded:
    (found,) = world.actions(RolloutEnded)
    return found


def come_up(world: World, *names: str) -> None:
    for name in names:
        world.bound(name)
        world.reports_ready(name)


def launched(world: World, name: str) -> str | None:
    """The version from which the unit's present process was started."""
    return world.unit(name).plan.instances[0].target


# ---------------------------------------------------------------------- forward


def test_new_units_start_old_ones_go_and_the_rest_is_not_touched() -> None:
    world = up(unit("a"), unit("b"))
    pid = world.live["a"]
    change(world, unit("a"), unit("c"))
    assert world.states() == {"a": READY, "c": READY}
    assert world.live["a"] == pid
    assert "b" not in world.live
    assert end(world) == RolloutEnded(
        rollout=1, ok=True, reason="asked by ann", done=("b", "c"), left=(), rolled_back=False
    )
    assert is_up(world.state)


def test_a_unit_that_differs_is_replaced_from_the_new_plan() -> None:
    world = up(unit("a"), unit("b"))
    change(world, unit("a", "2"), unit("b"))
    assert launched(world, "a") == "m:V2"
    assert world.unit("a").run.attempt == 2
    assert world.unit("b").run.attempt == 1
    assert end(world).done == ("a",)


def test_a_unit_that_was_named_is_replaced_though_it_is_the_same() -> None:
    world = up(unit("a"), unit("b"))
    plan = make_plan(unit("a"), unit("b"))
    world.send(Replanned(rollout=1, plan=plan, replace=frozenset({"a", "ghost"}), reason="asked by ann"))
    assert (world.unit("a").run.attempt, world.unit("b").run.attempt) == (2, 1)


def test_nothing_to_change_is_done_at_once() -> None:
    world = up(unit("a"))
    change(world, unit("a"))
    assert end(world).ok
    assert end(world).done == ()
    assert len(world.actions(Spawn)) == 1


def test_one_level_after_the_other_each_ready_before_the_next() -> None:
    world = up(unit("a"), unit("b", depends_on=needs("a")), unit("c", depends_on=needs("b")), unit("other"))
    world.obedient = False
    change(
        world,
        unit("a", "2"),
        unit("b", depends_on=needs("a")),
        unit("c", "2", depends_on=needs("b")),
        unit("other", "2"),
    )
    assert {a.unit for a in world.actions(AskToStop)} == {"a", "other"}
    for name in ("a", "other"):
        world.exits(name, 0)
        world.spawned(name)
    assert world.states()["c"] is READY
    come_up(world, "a", "other")
    assert world.states()["c"] is NodeState.STOPPING
    assert world.states()["b"] is READY
    world.exits("c", 0)
    world.spawned("c")
    come_up(world, "c")
    assert end(world).done == ("a", "c", "other")


def test_of_many_replicas_a_quarter_is_replaced_at_a_time() -> None:
    names = tuple(f"w-{n}" for n in range(8))
    nodes = [NodePlan(node="w", units=names, min_replicas=8, expendable=False)]

    def plan(version: str) -> Plan:
        return make_plan(*(replace(unit(name, version), node="w") for name in names), nodes=nodes)

    world = World(plan("1"))
    world.start()
    world.obedient = False
    change(world, plan=plan("2"))
    for first in range(0, 8, 2):
        pair = [names[first], names[first + 1]]
        assert [n for n, s in world.states().items() if s is not READY] == pair
        for name in pair:
            world.exits(name, 0)
            world.spawned(name)
        come_up(world, *pair)
    assert end(world).ok


def test_dependents_that_go_are_stopped_before_what_they_depend_on() -> None:
    world = up(unit("a"), unit("b", depends_on=needs("a")), unit("c"))
    world.obedient = False
    change(world, unit("c"))
    assert [a.unit for a in world.actions(AskToStop)] == ["b"]
    world.exits("b", 0)
    assert [a.unit for a in world.actions(AskToStop)] == ["b", "a"]
    world.exits("a", 0)
    assert world.states() == {"c": READY}


def test_who_has_gone_is_not_missed_by_the_topology() -> None:
    world = up(unit("a"), unit("b", restart=Restart(policy=RestartPolicy.NEVER)))
    world.defiant = frozenset({"b"})
    change(world, unit("a"))
    world.exits("b", 3)
    assert end(world).ok
    assert world.state.phase is Phase.UP


def test_an_address_that_another_one_needs_is_free_before_that_starts() -> None:
    world = up(unit("a", binds="tcp://*:5556"), unit("b", binds="tcp://127.0.0.1:5557"), unit("c"))
    world.obedient = False
    swapped = unit("a", binds="tcp://*:5557"), unit("b", binds="tcp://127.0.0.1:5556")
    change(world, *swapped, unit("c"))
    assert {a.unit for a in world.actions(AskToStop)} == {"a", "b"}
    world.exits("a", 0)
    assert len(world.actions(Spawn, "a")) == 1
    world.exits("b", 0)
    world.spawned("a")
    world.spawned("b")
    come_up(world, "a", "b")
    assert end(world).ok


def test_a_rename_gives_the_address_from_hand_to_hand() -> None:
    world = up(unit("old", binds="tcp://*:5556"))
    world.obedient = False
    change(world, unit("new", binds="tcp://*:5556"))
    assert not world.actions(Spawn, "new")
    world.exits("old", 0)
    world.spawned("new")
    come_up(world, "new")
    assert end(world).ok
    assert world.states() == {"new": READY}


def test_a_new_setting_of_the_supervision_reaches_the_process_that_stays() -> None:
    world = up(unit("a", health=make_health(TcpProbe(targets=("1",)), retries=3)))
    changed: Health = make_health(TcpProbe(targets=("2",)), retries=1)
    change(world, unit("a", health=changed, restart=Restart(max_restarts=9)))
    assert world.unit("a").run.attempt == 1
    assert world.unit("a").plan.restart.max_restarts == 9
    assert len(world.actions(CancelProbes)) == 1
    assert [p.purpose for p in world.actions(StartProbe)] == [ProbePurpose.HEALTH, ProbePurpose.HEALTH]
    world.send(ProbeSucceeded(unit="a", attempt=1, purpose=ProbePurpose.HEALTH))
    assert world.unit("a").run.healthy


def test_who_waits_for_nothing_any_more_starts() -> None:
    world = up(unit("a"), unit("b", depends_on=needs("a")))
    world.obedient = False
    world.send(UnitStopRequested(unit="a", reason="stopped by ann"))
    world.exits("a", 0)
    world.exits("b", 1)
    world.advance(20)
    world.send(UnitStopRequested(unit="b", reason="stopped by ann"))
    world.send(SpawnFailed(unit="b", attempt=2, reason="no", permanent=False))
    world.send(UnitStartRequested(unit="b", reason="started by ann"))
    assert world.unit("b").waiting
    change(world, unit("a"), unit("b"))
    assert world.states()["b"] is NodeState.STARTING


def test_peers_are_told_where_a_replaced_binder_is_now() -> None:
    world = up(unit("a", binds="tcp://*:*"), reader("r", "a"))
    world.obedient = False
    change(world, unit("a", "2", binds="tcp://*:*"), reader("r", "a"))
    world.exits("a", 0)
    world.spawned("a")
    before = len(world.actions(Connect, "r"))
    world.bound("a", out=("tcp://127.0.0.1:9",))
    assert world.actions(Connect, "r")[before:][0].addresses == {("a", "out"): ("tcp://127.0.0.1:9",)}
    world.reports_ready("a")
    assert end(world).ok
    assert world.unit("r").run.attempt == 1


def test_addresses_of_those_that_have_gone_are_forgotten() -> None:
    world = up(unit("a", binds="tcp://*:*"), unit("b"))
    world.bound("a", out=("tcp://127.0.0.1:9",))
    change(world, unit("b"))
    assert world.state.addresses == {}


def test_a_unit_that_comes_again_counts_on() -> None:
    world = up(unit("a"), unit("b"))
    change(world, unit("a"), number=1)
    change(world, unit("a"), unit("b"), number=2)
    assert world.unit("b").run.attempt == 2
    assert world.unit("b").restart_count == 0


def test_what_has_failed_before_starts_from_the_new_plan() -> None:
    world = up(unit("a", expendable=True, restart=Restart(policy=RestartPolicy.NEVER)), unit("b"))
    world.exits("a", 1)
    change(world, unit("a", "2", expendable=True), unit("b"))
    assert world.states()["a"] is READY
    assert end(world).ok


def test_what_the_user_has_stopped_stays_stopped_and_starts_from_the_new_plan() -> None:
    world = up(unit("a"), unit("b"))
    world.send(UnitStopRequested(unit="a", reason="stopped by ann"))
    change(world, unit("a", "2"), unit("b"))
    assert end(world).ok
    assert world.states()["a"] is STOPPED
    world.send(UnitStartRequested(unit="a", reason="started by ann"))
    assert launched(world, "a") == "m:V2"


def test_a_new_unit_that_the_user_stops_before_its_turn_is_passed_over() -> None:
    world = up(unit("a"))
    world.obedient = False
    change(world, unit("a", "2"), unit("b", depends_on=needs("a")))
    world.send(UnitStartRequested(unit="b", reason="not yet"))
    world.send(UnitRestartRequested(unit="b", reason="not yet"))
    assert not world.actions(Spawn, "b")
    world.send(UnitStopRequested(unit="b", reason="stopped by ann"))
    world.exits("a", 0)
    world.spawned("a")
    come_up(world, "a")
    assert end(world).ok
    assert world.states() == {"a": READY, "b": STOPPED}


def test_only_finished_tasks_are_left() -> None:
    world = up(unit("job", kind=NodeKind.TASK), unit("service"))
    world.exits("job", 0)
    change(world, unit("job", kind=NodeKind.TASK))
    assert is_finished(world.state)
    assert not world.state.failed


# ---------------------------------------------------------------------- back


def fails_to_start(world: World, name: str, code: int = 1) -> None:
    world.spawned(name)
    world.exits(name, code)


def test_a_new_unit_that_fails_takes_everything_back() -> None:
    world = up(unit("a"), unit("b"), unit("gone"))
    pid = world.live["b"]
    world.obedient = False
    change(world, unit("a", "2"), unit("b"), unit("new", depends_on=needs("a")))
    world.exits("gone", 0)
    world.exits("a", 0)
    world.spawned("a")
    come_up(world, "a")
    assert launched(world, "a") == "m:V2"
    world.obedient = True
    fails_to_start(world, "new", 3)
    assert world.states() == {"a": READY, "b": READY, "gone": READY}
    assert launched(world, "a") == "m:V1"
    assert world.live["b"] == pid
    assert end(world) == RolloutEnded(
        rollout=1,
        ok=False,
        reason="new is not ready: exit code 3",
        done=(),
        left=("gone", "a", "new"),
        rolled_back=True,
    )
    assert world.state.phase is Phase.UP
    assert len(world.actions(Spawn, "new")) == 1


@pytest.mark.parametrize("strategy", Strategy)
def test_a_replacement_that_fails_is_nobody_elses_affair(strategy: Strategy) -> None:
    supervision = Supervision(strategy=strategy, max_restarts=0)
    world = up(unit("a"), unit("b"), supervision=supervision)
    world.obedient = False
    change(world, unit("a", "2"), unit("b"), supervision=supervision)
    world.exits("a", 0)
    world.obedient = True
    fails_to_start(world, "a")
    assert end(world).rolled_back
    assert launched(world, "a") == "m:V1"
    assert world.unit("b").run.attempt == 1


def test_one_that_is_not_ready_in_time_takes_everything_back() -> None:
    world = up(unit("a"))
    world.obedient = False
    change(world, unit("a"), unit("b"))
    world.spawned("b")
    world.obedient = True
    world.advance(70)
    assert end(world).reason.startswith("b is not ready: did not become ready in 60 s")
    assert world.states() == {"a": READY}


def test_one_that_waits_for_others_for_ever_takes_everything_back() -> None:
    world = up(unit("a"))
    world.send(UnitStopRequested(unit="a", reason="stopped by ann"))
    change(world, unit("a"), unit("b", depends_on=needs("a")))
    world.advance(300)
    assert end(world).reason == "b is not ready in time: it waits for others (asked by ann)"
    assert world.states() == {"a": STOPPED}


def test_one_that_nobody_asks_whether_it_is_ready_must_run_for_a_second() -> None:
    world = up(unit("a"), unit("b", python=False))
    change(world, unit("a"), unit("b", "2", python=False))
    assert world.states()["b"] is READY
    world.advance(0.9)
    assert not world.actions(RolloutEnded)
    world.exits("b", 3)
    world.advance(2)
    assert end(world).reason == "b is not ready: exit code 3"
    assert end(world).rolled_back
    assert launched(world, "b") == "m:V1"
    change(world, unit("a"), unit("b", "2", python=False), number=2)
    world.advance(1)
    assert world.actions(RolloutEnded)[1].ok
    world.exits("b", 3)  # from here on that is an ordinary failure
    assert world.states()["b"] is NodeState.BACKOFF


def test_one_that_was_ready_and_fails_while_others_still_start_takes_everything_back() -> None:
    world = up(unit("a"), unit("b", depends_on=needs("a")))
    world.obedient = False
    change(world, unit("a", "2"), unit("b", "2", depends_on=needs("a")))
    world.exits("a", 0)
    world.spawned("a")
    come_up(world, "a")
    world.exits("a", 1)
    world.obedient = True
    world.exits("b", 0)
    assert end(world).reason.startswith("a became ready, but not for long: exit code 1")
    assert [launched(world, name) for name in ("a", "b")] == ["m:V1", "m:V1"]
    assert world.states() == {"a": READY, "b": READY}


def test_what_had_ended_before_is_as_it_was_and_does_not_run_again() -> None:
    world = up(unit("job", kind=NodeKind.TASK), unit("a"))
    world.exits("job", 0)
    world.obedient = False
    change(world, unit("job", "2", kind=NodeKind.TASK), unit("a"), unit("b", depends_on=needs("job")))
    world.spawned("job")
    come_up(world, "job")
    world.obedient = True
    fails_to_start(world, "b")
    assert world.states() == {"job": EXITED, "a": READY}
    assert launched(world, "job") == "m:V1"
    assert len(world.actions(Spawn, "job")) == 2
    assert end(world).rolled_back


def test_who_is_starting_when_another_one_fails_does_not_start_from_the_new_plan() -> None:
    world = up(unit("a"), unit("b"))
    world.obedient = False
    change(world, unit("a", "2"), unit("b", "2"))
    world.exits("a", 0)
    fails_to_start(world, "a")  # b is still on its way down
    world.obedient = True
    world.exits("b", 0)
    assert [launched(world, name) for name in ("a", "b")] == ["m:V1", "m:V1"]
    assert len(world.actions(Spawn, "b")) == 2
    assert end(world).rolled_back


def test_it_tells_when_the_old_state_cannot_be_had_back() -> None:
    world = up(unit("a", restart=Restart(policy=RestartPolicy.NEVER)), unit("b"))
    world.obedient = False
    change(world, unit("a", "2"), unit("b"))
    world.exits("a", 0)
    fails_to_start(world, "a", 1)
    fails_to_start(world, "a", 2)
    assert end(world).reason == "a is not ready: exit code 1; a is not ready: exit code 2"
    assert world.states() == {"a": FAILED, "b": READY}
    assert world.state.phase is Phase.UP
    assert not is_up(world.state)


def test_a_process_that_cannot_be_killed_is_no_reason_to_wait_for_ever() -> None:
    world = up(unit("a"), unit("b"))
    world.obedient = False
    change(world, unit("b"))
    world.advance(100)
    assert end(world).rolled_back
    assert "still there" in end(world).reason
    assert world.states() == {"a": FAILED, "b": READY}


def test_a_stop_of_everything_ends_a_change_half_way() -> None:
    world = up(unit("a"))
    world.obedient = False
    change(world, unit("a", "2"), unit("b"))
    world.stop()
    assert end(world).reason == "the topology stops: interrupted"
    assert not end(world).rolled_back
    for name in list(world.live):
        world.exits(name, 0)
    world.send(SpawnFailed(unit="b", attempt=1, reason="not wanted", permanent=False))
    assert is_finished(world.state)


def test_requests_wait_for_each_other() -> None:
    world = up(unit("a"))
    world.obedient = False
    change(world, unit("a"), unit("b"), number=1)
    change(world, unit("a", "2"), number=2)
    world.send(RollingRestartRequested(rollout=3, units=("b", "a"), reason="asked by bob"))
    world.spawned("b")
    world.obedient = True
    come_up(world, "b")
    ends = world.actions(RolloutEnded)
    assert [(e.rollout, e.ok, e.done) for e in ends] == [
        (1, True, ("b",)),
        (2, True, ("b", "a")),
        (3, True, ("a",)),
    ]
    assert world.states() == {"a": READY}
    assert world.unit("a").run.attempt == 3


def test_what_the_user_had_stopped_is_not_started_when_all_is_taken_back() -> None:
    world = up(unit("a"), unit("gone"), unit("differs"))
    for name in ("gone", "differs"):
        world.send(UnitStopRequested(unit=name, reason="stopped by ann"))
    world.obedient = False
    change(world, unit("a"), unit("differs", "2"), unit("new"))
    world.obedient = True
    fails_to_start(world, "new")
    assert end(world).rolled_back
    assert world.states() == {"a": READY, "gone": STOPPED, "differs": STOPPED}
    world.send(UnitStartRequested(unit="gone", reason="started by ann"))
    assert world.states()["gone"] is READY


def test_one_that_goes_cannot_be_started_and_what_was_wanted_is_remembered() -> None:
    world = up(unit("a"), unit("gone"))
    world.obedient = False
    change(world, unit("a"), unit("new"))
    for ask in (UnitStopRequested, UnitStartRequested):
        world.send(ask(unit="gone", reason="ann"))
    world.exits("gone", 0)
    assert len(world.actions(Spawn, "gone")) == 1
    world.obedient = True
    fails_to_start(world, "new")
    assert end(world).rolled_back
    assert world.states() == {"a": READY, "gone": READY}  # the last that was asked for
