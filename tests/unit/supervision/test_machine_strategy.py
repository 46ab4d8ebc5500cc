"""What a failure means for the others: one-for-all, rest-for-one, the intensity of the whole."""

from __future__ import annotations

import time
from typing import Any

import pytest

from orchestrator.model.types import Backoff, DelayProbe, Restart, Supervision, TcpProbe
from orchestrator.supervision.actions import AskToStop, Kill, Spawn
from orchestrator.supervision.events import (
    ProbePurpose,
    ProbeSucceeded,
    UnitRestartRequested,
    UnitStartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.machine import is_up
from orchestrator.supervision.state import Phase
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState, RestartPolicy, Strategy

ALL = Supervision(strategy=Strategy.ONE_FOR_ALL)
REST = Supervision(strategy=Strategy.REST_FOR_ONE)
PLAIN = Restart(backoff=Backoff(jitter=0.0))
NAMES = ("a", "b", "c", "d")


def unit(name: str, **settings: Any) -> Any:
    settings.setdefault("restart", PLAIN)
    return make_unit(name, **settings)


def up(supervision: Supervision, *units: Any, **settings: Any) -> World:
    world = World(make_plan(*(units or map(unit, NAMES)), supervision=supervision), **settings)
    world.start()
    return world


def attempts(world: World) -> dict[str, int]:
    return {name: unit.run.attempt for name, unit in world.state.units.items()}


# ---------------------------------------------------------------------- whom it takes along


@pytest.mark.parametrize(
    ("supervision", "restarted"),
    [
        (Supervision(), {"b"}),
        (ALL, {"a", "b", "c", "d"}),
        (REST, {"b", "c", "d"}),
    ],
)
def test_whom_the_strategy_restarts(supervision: Supervision, restarted: set[str]) -> None:
    world = up(supervision)
    world.exits("b", 1)
    world.advance(1)
    assert {name for name, attempt in attempts(world).items() if attempt == 2} == restarted
    assert is_up(world.state)


def test_the_others_say_with_whom_and_why() -> None:
    world = up(ALL)
    world.exits("b", 1)
    world.advance(1)
    assert world.reasons("b")[-3:-2] == ["starting: attempt 2"]
    assert world.reasons("a")[3:6] == [
        "stopping: restarted with b, which has failed (one-for-all)",
        "stopped: restarted with b, which has failed (one-for-all) (ended by SIGTERM)",
        "starting: restarted with b, which has failed (one-for-all)",
    ]


def test_nobody_starts_before_all_are_down_and_the_pause_is_over() -> None:
    world = up(ALL, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("a", 1)
    world.advance(4.9)
    assert len(world.actions(Spawn)) == 4
    assert not is_up(world.state)
    world.advance(0.2)
    assert world.actions(Kill)[-1].unit == "d"
    assert attempts(world) == dict.fromkeys(NAMES, 2)

    world = up(ALL, *(unit(n, restart=Restart(backoff=Backoff(initial_s=8, jitter=0))) for n in NAMES))
    world.exits("a", 1)
    world.advance(7.9)
    assert len(world.actions(Spawn)) == 4
    world.advance(0.2)
    assert len(world.actions(Spawn)) == 8


def test_dependents_go_first_and_come_back_last() -> None:
    tcp = make_probe(TcpProbe(targets=("1",)))
    world = up(
        ALL,
        unit("db", python=False, ready=tcp),
        unit("api", depends_on=needs("db")),
        unit("other"),
    )
    world.send(ProbeSucceeded(unit="db", attempt=1, purpose=ProbePurpose.READY))
    world.obedient = False
    world.exits("other", 1)
    assert [a.unit for a in world.actions(AskToStop)] == ["api"]
    world.exits("api", 0)
    assert [a.unit for a in world.actions(AskToStop)] == ["api", "db"]
    world.exits("db", 0)
    world.advance(1)
    assert [s.unit for s in world.actions(Spawn)[3:]] == ["other", "db"]
    world.spawned("db")
    assert world.unit("api").waiting
    world.send(ProbeSucceeded(unit="db", attempt=2, purpose=ProbePurpose.READY))
    assert world.unit("api").run.spawning


def test_the_one_that_failed_waits_for_what_it_depends_on_as_well() -> None:
    world = up(ALL, unit("db"), unit("api", depends_on=needs("db")))
    world.obedient = False
    world.exits("api", 1)
    world.exits("db", 0)
    world.advance(1)
    assert [s.unit for s in world.actions(Spawn)[2:]] == ["db"]
    assert world.unit("api").waiting


def test_they_start_in_start_order() -> None:
    world = up(ALL)
    world.exits("c", 1)
    world.obedient = False
    world.advance(1)
    started = [s.unit for s in world.actions(Spawn)[4:]]
    assert sorted(started) == list(NAMES)
    assert [n for n in started if n != "c"] == ["a", "b", "d"]


def test_the_restart_counts_for_the_one_that_failed_alone() -> None:
    world = up(ALL)
    world.exits("b", 1)
    world.advance(1)
    assert {n for n, u in world.state.units.items() if u.restarts} == {"b"}
    assert {n for n, u in world.state.units.items() if u.failures} == {"b"}
    assert all(u.restart_count == 1 for u in world.state.units.values())


def test_who_has_ended_or_was_stopped_stays_down() -> None:
    world = up(
        ALL,
        unit("done", kind=NodeKind.TASK),
        unit("lost", expendable=True, restart=Restart(policy=RestartPolicy.NEVER)),
        unit("held"),
        unit("a"),
        unit("b"),
    )
    world.exits("done", 0)
    world.exits("lost", 1)
    world.send(UnitStopRequested(unit="held", reason="stopped by ann"))
    world.exits("a", 1)
    world.advance(1)
    assert attempts(world) == {"done": 1, "lost": 1, "held": 1, "a": 2, "b": 2}


def test_a_final_failure_takes_nobody_along() -> None:
    never = Restart(policy=RestartPolicy.NEVER)
    world = up(ALL, unit("a", restart=never, expendable=True), unit("b"))
    world.exits("a", 1)
    world.advance(10)
    assert attempts(world) == {"a": 1, "b": 1}


def test_a_task_that_runs_again_after_its_success_takes_nobody_along() -> None:
    always = Restart(policy=RestartPolicy.ALWAYS)
    world = up(ALL, unit("t", kind=NodeKind.TASK, restart=always), unit("b"))
    world.exits("t", 0)
    world.advance(10)
    assert attempts(world) == {"t": 2, "b": 1}


def test_the_others_that_fail_meanwhile_are_not_blamed() -> None:
    world = up(ALL, unit("a"), unit("b", depends_on=needs("a")), unit("c"))
    world.obedient = False
    world.exits("c", 1)
    world.exits("a", signal=11)  # before it was asked to stop, since b is not down yet
    world.exits("b", 3)
    assert {n for n, u in world.state.units.items() if u.restarts} <= {"a", "c"}
    assert [s.unit for s in world.actions(Spawn)[3:]] == []
    world.obedient = True
    world.advance(1)
    assert attempts(world) == {"a": 2, "b": 2, "c": 2}
    assert is_up(world.state)


def test_an_earlier_one_that_fails_as_well_leads_from_then_on() -> None:
    world = up(REST, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("c", 1)
    world.exits("a", 1)
    world.advance(6)
    assert attempts(world) == dict.fromkeys(NAMES, 2)
    assert world.unit("c").reason.startswith("after") or world.unit("c").state is NodeState.READY
    assert "starting: restarted with a, which has failed (rest-for-one)" in world.reasons("c")


def test_a_later_one_that_fails_as_well_joins() -> None:
    done = make_probe(DelayProbe(delay_s=100.0))
    world = up(REST, unit("a"), unit("b", kind=NodeKind.TASK, done=done), unit("c"), defiant=frozenset({"c"}))
    world.send(UnitStopRequested(unit="b", reason="stopped by ann"))
    world.exits("a", 1)
    world.send(UnitStartRequested(unit="b", reason="started by ann"))
    world.exits("b", 1)
    assert world.unit("b").state is NodeState.STOPPED
    world.advance(6)
    assert world.unit("a").run.attempt == world.unit("c").run.attempt == 2
    assert world.unit("b").run.attempt == 3


# ---------------------------------------------------------------------- with the user


def test_who_is_stopped_by_the_user_meanwhile_stays_down() -> None:
    world = up(ALL, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("a", 1)
    for name in ("b", "d"):  # one is down already, the other still on its way
        world.send(UnitStopRequested(unit=name, reason="stopped by ann"))
    world.advance(6)
    assert attempts(world) == {"a": 2, "b": 1, "c": 2, "d": 1}
    assert world.unit("b").reason == "stopped by ann"


def test_the_others_come_back_without_their_leader() -> None:
    world = up(ALL)
    world.exits("a", 1)
    world.send(UnitStopRequested(unit="a", reason="stopped by ann"))
    assert attempts(world) == {"a": 1, "b": 2, "c": 2, "d": 2}


def test_a_leader_that_is_started_by_the_user_does_not_pause() -> None:
    world = up(ALL, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("a", 1)
    world.send(UnitStartRequested(unit="a", reason="started by ann"))
    assert len(world.actions(Spawn)) == 4
    world.obedient = False
    world.exits("d", 0)
    assert len(world.actions(Spawn)) == 8


@pytest.mark.parametrize("event", [UnitStartRequested, UnitRestartRequested])
def test_who_comes_back_anyway_is_not_started_twice(event: Any) -> None:
    world = up(ALL, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("a", 1)
    for name in ("b", "d"):
        world.send(event(unit=name, reason="asked for"))
    world.advance(6)
    assert attempts(world) == dict.fromkeys(NAMES, 2)


def test_a_stop_of_everything_ends_it() -> None:
    world = up(ALL, *map(unit, NAMES), defiant=frozenset({"d"}))
    world.exits("a", 1)
    world.stop()
    world.advance(6)
    assert world.finish is not None
    assert not world.finish.failed
    assert len(world.actions(Spawn)) == 4


def test_one_that_cannot_be_killed_has_failed_for_good() -> None:
    world = up(ALL)
    world.obedient = False
    world.exits("a", 1)
    world.exits("b", 0)
    world.exits("c", 0)
    world.advance(40)
    assert world.unit("d").state is NodeState.FAILED
    assert world.state.phase is Phase.FINISHED
    assert world.finish is not None
    assert world.finish.failed


# ---------------------------------------------------------------------- the intensity of the whole


def flat(max_restarts: int, *, window_s: float = 10.0, **settings: Any) -> Supervision:
    return Supervision(max_restarts=max_restarts, window_s=window_s, **settings)


def test_too_many_restarts_of_any_units_end_the_topology() -> None:
    world = up(flat(2))
    for name in ("a", "b"):
        world.exits(name, 1)
        world.advance(1)
    assert is_up(world.state)
    world.exits("c", 3)
    assert world.finish is not None
    assert world.finish.failed
    assert world.finish.reason == (
        "2 restarts within 10 s are all that the topology may need (supervision.max_restarts), "
        "and c has failed: exit code 3"
    )
    assert world.reasons("c")[-1] == (
        "failed: exit code 3; 2 restarts within 10 s are all that the topology may need"
    )


def test_restarts_outside_of_the_window_do_not_count() -> None:
    world = up(flat(2))
    for _ in range(3):
        for name in ("a", "b"):
            world.exits(name, 1)
            world.advance(6)
    assert is_up(world.state)


def test_a_group_counts_once() -> None:
    world = up(flat(1, strategy=Strategy.ONE_FOR_ALL))
    world.exits("a", 1)
    world.advance(1)
    assert is_up(world.state)
    assert len(world.state.restarts) == 1


def test_what_the_user_restarts_does_not_count() -> None:
    world = up(flat(0))
    for _ in range(3):
        world.send(UnitRestartRequested(unit="a", reason="asked for"))
    assert is_up(world.state)
    world.exits("a", 1)
    assert world.finish is not None
    assert world.finish.reason == (
        "the topology may not need any restart (supervision.max_restarts), and a has failed: exit code 1"
    )


def test_a_unit_at_its_own_limit_is_judged_by_that() -> None:
    world = up(flat(5), unit("a", restart=Restart(max_restarts=0)), unit("b"))
    world.exits("a", 1)
    assert world.finish is not None
    assert world.finish.reason == "a has failed: exit code 1; no restart is allowed (max_restarts: 0)"


# ---------------------------------------------------------------------- size


def test_a_thousand_units_restart_together_in_no_time() -> None:
    names = [f"u{i}" for i in range(1000)]
    world = up(ALL, *(unit(n, depends_on=needs(names[i - 1]) if i % 2 else ()) for i, n in enumerate(names)))
    begin = time.perf_counter()
    world.exits("u500", 1)
    world.advance(1)
    took_s = time.perf_counter() - begin
    assert is_up(world.state)
    assert took_s < 10
