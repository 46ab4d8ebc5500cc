"""Start order, readiness, and what holds a unit up."""

from __future__ import annotations

import pytest

from orchestrator.model.types import (
    DelayProbe,
    FileProbe,
    HeartbeatProbe,
    LogProbe,
    PeersProbe,
    ProbeKind,
    TcpProbe,
)
from orchestrator.supervision.actions import Announce, Connect, Spawn, StartProbe
from orchestrator.supervision.events import (
    Bound,
    FailureCause,
    FailureReported,
    ProbeFailed,
    ProbePurpose,
    ProbeSucceeded,
    ReadyReported,
    Spawned,
    SpawnFailed,
    UnitRestartRequested,
)
from orchestrator.supervision.machine import is_up, next_deadline
from orchestrator.supervision.readiness import missing
from orchestrator.supervision.testing import World, make_health, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import Condition, NodeKind, NodeState, SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

TCP = TcpProbe(targets=("5557",))


def connector(name: str, *binders: str) -> tuple[InstanceLaunch, ...]:
    """An instance with one socket that connects to socket `out` of each binder, wherever that has bound."""
    targets = tuple(ConnectTarget(address=None, instance=b, socket="out") for b in binders)
    socket = SocketLaunch(name="in", type=SocketType.SUB, connects=targets)
    return (InstanceLaunch(instance=name, node=name, replica=0, target="m:N", sockets=(socket,)),)


def spawned(world: World) -> list[str]:
    return [spawn.unit for spawn in world.actions(Spawn)]


def test_units_without_needs_start_side_by_side() -> None:
    world = World(make_plan(make_unit("a"), make_unit("b"), make_unit("c", python=False)), obedient=False)
    world.start()
    assert spawned(world) == ["a", "b", "c"]
    assert [a.attempt for a in world.actions(Spawn)] == [1, 1, 1]


def test_starting_twice_starts_once() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.start()
    world.start()
    assert spawned(world) == ["a"]


def test_an_empty_plan_is_finished_at_once() -> None:
    world = World(make_plan())
    world.start()
    assert world.finish is not None
    assert not world.finish.failed
    assert world.finish.reason == "there is nothing to run"


@pytest.mark.parametrize(
    ("condition", "released_by"),
    [
        (Condition.STARTED, "spawned"),
        (Condition.READY, "ready"),
        (Condition.HEALTHY, "healthy"),
        (Condition.COMPLETED, "exited"),
    ],
)
def test_depends_on_holds_until_its_condition(condition: Condition, released_by: str) -> None:
    first = make_unit("first", kind=NodeKind.TASK, health=make_health(TCP))
    world = World(make_plan(first, make_unit("second", depends_on=needs("first", condition=condition))))
    world.obedient = False
    world.start()
    moments = {
        "spawned": lambda: world.spawned("first"),
        "ready": lambda: (world.bound("first"), world.reports_ready("first")),
        "healthy": lambda: world.send(
            ProbeSucceeded(unit="first", attempt=1, purpose=ProbePurpose.HEALTH),
        ),
        "exited": lambda: world.exits("first"),
    }
    for moment, happen in moments.items():
        assert spawned(world) == ["first"], f"second did not wait for {released_by}"
        happen()
        if moment == released_by:
            break
    assert spawned(world) == ["first", "second"]


def test_a_condition_that_is_lost_again_holds_again() -> None:
    plan = make_plan(make_unit("a"), make_unit("b"), make_unit("c", depends_on=needs("a", "b")))
    world = World(plan, obedient=False)
    world.start()
    for unit in ("a",):
        world.spawned(unit)
        world.bound(unit)
        world.reports_ready(unit)
    world.exits("a", signal=11)
    world.spawned("b")
    world.bound("b")
    world.reports_ready("b")
    assert "c" not in spawned(world), "a was ready once, and is not now"
    world.obedient = True
    world.advance(1)
    assert "c" in spawned(world)


def test_a_task_that_is_over_meets_every_condition() -> None:
    plan = make_plan(
        make_unit("setup", python=False, kind=NodeKind.TASK, ready=make_probe(TCP)),
        make_unit("main", depends_on=needs("setup", condition=Condition.READY)),
    )
    world = World(plan)
    world.start()
    assert spawned(world) == ["setup"]
    world.exits("setup", 0)
    assert spawned(world) == ["setup", "main"]


@pytest.mark.parametrize("condition", list(Condition))
def test_dependents_of_a_failed_unit_fail_by_name_and_so_do_theirs(condition: Condition) -> None:
    first = make_unit("first", expendable=True)
    second = make_unit("second", depends_on=needs("first", condition=condition), expendable=True)
    third = make_unit("third", depends_on=needs("second"), expendable=True)
    world = World(make_plan(first, second, third, make_unit("other")), obedient=False)
    world.start()
    world.send(SpawnFailed(unit="first", attempt=1, reason="no such program: first", permanent=True))
    assert world.states() == {
        "first": NodeState.FAILED,
        "second": NodeState.FAILED,
        "third": NodeState.FAILED,
        "other": NodeState.STARTING,
    }
    assert world.reasons("second")[0].startswith("failed: cannot start: it waits for first to ")
    assert world.reasons("third") == [
        "failed: cannot start: it waits for second to be ready, and second has failed"
    ]


def test_a_chain_of_two_thousand_fails_without_recursion() -> None:
    units = [make_unit("u0", expendable=True)]
    units += [make_unit(f"u{i}", depends_on=needs(f"u{i - 1}"), expendable=True) for i in range(1, 2000)]
    world = World(make_plan(*units), obedient=False)
    world.start()
    world.send(SpawnFailed(unit="u0", attempt=1, reason="gone", permanent=True))
    assert set(world.states().values()) == {NodeState.FAILED}
    assert world.finish is not None


def test_a_dependency_outside_the_plan_does_not_hold_anyone_up() -> None:
    world = World(make_plan(make_unit("a", depends_on=needs("nobody"), binders=("nobody", "a"))))
    world.start()
    assert world.unit("a").state is NodeState.READY


# ---------------------------------------------------------------------- binders and connectors


def test_python_units_start_at_once_and_connect_when_all_binders_have_bound() -> None:
    plan = make_plan(
        make_unit("x"),
        make_unit("y"),
        make_unit("c", instances=connector("c", "x", "y"), binders=("x", "y")),
    )
    world = World(plan, obedient=False)
    world.start()
    assert spawned(world) == ["x", "y", "c"]
    for unit in ("x", "y", "c"):
        world.spawned(unit)
    world.bound("c")
    world.bound("x", out=("tcp://127.0.0.1:7001",))
    assert world.actions(Connect) == []
    world.bound("y", out=("tcp://0.0.0.0:7002",))
    assert world.actions(Connect) == [
        Connect(
            unit="c",
            attempt=1,
            addresses={("x", "out"): ("tcp://127.0.0.1:7001",), ("y", "out"): ("tcp://127.0.0.1:7002",)},
        )
    ]


def test_connect_waits_for_the_connector_to_have_bound_itself() -> None:
    plan = make_plan(make_unit("x"), make_unit("c", instances=connector("c", "x"), binders=("x",)))
    world = World(plan, obedient=False)
    world.start()
    for unit in ("x", "c"):
        world.spawned(unit)
    world.bound("x", out=("ipc:///run/x",))
    assert world.actions(Connect) == []
    world.bound("c")
    assert [c.unit for c in world.actions(Connect)] == ["c"]


def test_two_binders_that_connect_to_each_other_do_not_wait_for_ever() -> None:
    plan = make_plan(
        make_unit("a", instances=connector("a", "b"), binders=("b",)),
        make_unit("b", instances=connector("b", "a"), binders=("a",)),
    )
    world = World(plan)
    world.start()
    assert is_up(world.state)
    assert {c.unit for c in world.actions(Connect)} == {"a", "b"}


def test_foreign_connectors_start_when_their_binders_have_bound() -> None:
    plan = make_plan(make_unit("b"), make_unit("f", python=False, binders=("b",)))
    world = World(plan, obedient=False)
    world.start()
    world.spawned("b")
    assert spawned(world) == ["b"]
    world.bound("b")
    assert spawned(world) == ["b", "f"]


def test_a_foreign_binder_holds_its_connectors_until_it_is_ready() -> None:
    plan = make_plan(
        make_unit("b", python=False, ready=make_probe(TCP)),
        make_unit("f", python=False, binders=("b",)),
        make_unit("p", instances=connector("p", "b"), binders=("b",)),
    )
    world = World(plan, obedient=False)
    world.start()
    world.spawned("b")
    world.spawned("p")
    world.bound("p")
    assert spawned(world) == ["b", "p"]
    world.send(ProbeSucceeded(unit="b", attempt=1, purpose=ProbePurpose.READY))
    assert spawned(world) == ["b", "p", "f"]
    assert [c.unit for c in world.actions(Connect)] == ["p"]


@pytest.mark.parametrize("how", ["crash", "spawn failure"])
def test_a_binder_whose_first_attempt_fails_holds_nobody_up_any_more(how: str) -> None:
    plan = make_plan(make_unit("b"), make_unit("f", python=False, binders=("b",)))
    world = World(plan, obedient=False)
    world.start()
    if how == "crash":
        world.spawned("b")
        world.exits("b", 1)
    else:
        world.send(SpawnFailed(unit="b", attempt=1, reason="no memory", permanent=False))
    assert world.unit("b").state is NodeState.BACKOFF
    assert spawned(world) == ["b", "f"]


def test_a_binder_that_comes_late_is_told_to_those_who_went_on_without_it() -> None:
    plan = make_plan(make_unit("b"), make_unit("c", instances=connector("c", "b"), binders=("b",)))
    world = World(plan, obedient=False)
    world.start()
    world.spawned("b")
    world.spawned("c")
    world.bound("c")
    world.exits("b", 1)
    assert world.actions(Connect)[-1].addresses == {}
    world.advance(1)
    world.spawned("b")
    world.bound("b", out=("tcp://127.0.0.1:7003",))
    assert world.actions(Connect)[-1].addresses == {("b", "out"): ("tcp://127.0.0.1:7003",)}


@pytest.mark.parametrize(("again", "told"), [("tcp://127.0.0.1:7001", False), ("tcp://127.0.0.1:7009", True)])
def test_connectors_of_a_restarted_binder_are_told_only_what_has_moved(again: str, told: bool) -> None:
    plan = make_plan(make_unit("b"), make_unit("c", instances=connector("c", "b"), binders=("b",)))
    world = World(plan, obedient=False)
    world.start()
    for unit in ("b", "c"):
        world.spawned(unit)
    world.bound("c")
    world.bound("b", out=("tcp://127.0.0.1:7001",))
    world.exits("b", signal=9)
    world.advance(1)
    world.spawned("b")
    world.bound("b", out=(again,))
    expected = [Connect(unit="c", attempt=1, addresses={("b", "out"): (again,)})] if told else []
    assert world.actions(Connect)[1:] == expected


def test_a_restarted_connector_learns_the_addresses_with_its_start() -> None:
    plan = make_plan(make_unit("b"), make_unit("c", instances=connector("c", "b"), binders=("b",)))
    world = World(plan, obedient=False)
    world.start()
    for unit in ("b", "c"):
        world.spawned(unit)
        world.bound(unit, out=("ipc:///run/b",))
    world.exits("c", 1)
    world.advance(1)
    assert world.actions(Spawn, "c")[-1].addresses == {("b", "out"): ("ipc:///run/b",)}


def test_reports_may_overtake_the_engine() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.start()
    world.bound("a")
    world.reports_ready("a")
    assert world.unit("a").state is NodeState.STARTING
    world.spawned("a")
    assert world.unit("a").state is NodeState.READY


def test_a_shared_process_is_ready_when_all_its_instances_are() -> None:
    both = tuple(InstanceLaunch(instance=n, node=n, replica=0, target="m:N") for n in ("one", "two"))
    world = World(make_plan(make_unit("both", instances=both)), obedient=False)
    world.start()
    world.spawned("both")
    world.bound("both")
    for instance, state in (("one", NodeState.RUNNING), ("one", NodeState.RUNNING), ("two", NodeState.READY)):
        world.send(ReadyReported(unit="both", instance=instance, attempt=1))
        assert world.unit("both").state is state


# ---------------------------------------------------------------------- readiness


def test_a_foreign_program_without_a_probe_is_ready_once_it_runs() -> None:
    world = World(make_plan(make_unit("f", python=False)))
    world.start()
    assert world.reasons("f") == ["starting: first start", "ready: running; nothing says when it is ready"]


def test_a_probe_decides_when_a_foreign_program_is_ready() -> None:
    world = World(make_plan(make_unit("f", python=False, ready=make_probe(TCP))))
    world.start()
    assert world.actions(StartProbe) == [StartProbe(unit="f", attempt=1, purpose=ProbePurpose.READY)]
    assert world.unit("f").state is NodeState.RUNNING
    world.now += 0.25
    world.send(ProbeSucceeded(unit="f", attempt=1, purpose=ProbePurpose.READY))
    assert world.reasons("f")[-1] == "ready: after 0.25 s"


def test_a_python_unit_with_a_probe_must_say_so_and_be_found_so() -> None:
    world = World(make_plan(make_unit("p", ready=make_probe(TCP))))
    world.start()
    assert world.unit("p").state is NodeState.RUNNING
    world.send(ProbeSucceeded(unit="p", attempt=1, purpose=ProbePurpose.READY))
    assert world.unit("p").state is NodeState.READY


def test_a_foreign_program_may_report_for_itself() -> None:
    world = World(make_plan(make_unit("f", python=False, ready=make_probe(HeartbeatProbe()))))
    world.start()
    assert world.actions(StartProbe) == []
    assert world.unit("f").state is NodeState.RUNNING
    world.reports_ready("f")
    assert world.unit("f").state is NodeState.READY


def test_a_delay_is_counted_out_without_asking_anyone() -> None:
    world = World(make_plan(make_unit("f", python=False, ready=make_probe(DelayProbe(delay_s=2.0)))))
    world.start()
    assert world.actions(StartProbe) == []
    assert next_deadline(world.state) == world.now + 2.0
    world.advance(1.9)
    assert world.unit("f").state is NodeState.RUNNING
    world.advance(0.2)
    assert world.unit("f").state is NodeState.READY


@pytest.mark.parametrize(
    ("unit", "last_word", "why"),
    [
        (make_unit("u", python=False, ready=make_probe(TCP)), "tcp 127.0.0.1:5557 refused", None),
        (make_unit("u", python=False, ready=make_probe(TCP)), None, "tcp 5557"),
        (make_unit("u", python=False, ready=make_probe(FileProbe(path="/x"))), None, "file /x"),
        (make_unit("u"), None, "its sockets are not bound"),
    ],
)
def test_what_does_not_become_ready_is_ended_and_named(unit, last_word, why) -> None:  # type: ignore[no-untyped-def]
    world = World(make_plan(unit), obedient=False)
    world.start()
    world.spawned("u")
    if last_word:
        world.send(ProbeFailed(unit="u", attempt=1, purpose=ProbePurpose.READY, reason=last_word))
    world.advance(59.9)
    assert world.unit("u").state is NodeState.RUNNING
    world.advance(0.2)
    assert world.reasons("u")[-1] == f"stopping: did not become ready in 60 s ({last_word or why})"
    world.exits("u", signal=15, last_lines=("waiting for the database",))
    final = world.actions(Announce, "u")[-1]
    assert final.new is NodeState.BACKOFF
    assert final.reason.startswith(f"did not become ready in 60 s ({last_word or why}); restart 1 of 5 in ")
    assert final.last_lines == ("waiting for the database",)


def test_a_process_that_is_never_made_counts_as_not_ready() -> None:
    world = World(make_plan(make_unit("u")), obedient=False)
    world.start()
    world.advance(61)
    assert world.reasons("u")[-1] == "stopping: did not become ready in 60 s (no process yet)"


def test_the_wait_for_binders_is_not_held_against_a_unit() -> None:
    slow = make_unit("slow", python=False, ready=make_probe(TCP, timeout_s=300.0))
    world = World(make_plan(slow, make_unit("c", instances=connector("c", "slow"), binders=("slow",))))
    world.obedient = False
    world.start()
    for unit in ("slow", "c"):
        world.spawned(unit)
    world.bound("c")
    world.advance(200)
    assert world.unit("c").state is NodeState.RUNNING
    world.send(ProbeSucceeded(unit="slow", attempt=1, purpose=ProbePurpose.READY))
    world.advance(59)
    assert world.unit("c").state is NodeState.RUNNING
    world.advance(2)
    assert world.reasons("c")[-1] == "stopping: did not become ready in 60 s (the setup of c is not over)"


@pytest.mark.parametrize(
    ("python", "kind", "lacks"),
    [
        (True, HeartbeatProbe(), "the setup of a is not over"),
        (False, HeartbeatProbe(), "a has not said READY"),
        (True, PeersProbe(socket="s", count=2), "a is not set up, or has fewer than 2 peers at s"),
        (False, LogProbe(pattern="up"), "no line of its output matches 'up'"),
    ],
)
def test_what_a_unit_lacks_to_be_ready_is_said(python: bool, kind: ProbeKind, lacks: str) -> None:
    world = World(make_plan(make_unit("a", python=python, ready=make_probe(kind))))
    world.obedient = False
    world.start()
    world.spawned("a")
    if python:
        world.bound("a")
    assert missing(world.unit("a")) == lacks


def test_health_is_asked_once_ready_and_makes_healthy() -> None:
    world = World(make_plan(make_unit("f", python=False, health=make_health(TCP))))
    world.start()
    assert world.actions(StartProbe) == [StartProbe(unit="f", attempt=1, purpose=ProbePurpose.HEALTH)]
    assert not world.unit("f").run.healthy
    world.send(ProbeSucceeded(unit="f", attempt=1, purpose=ProbePurpose.HEALTH))
    assert world.unit("f").run.healthy


# ---------------------------------------------------------------------- stale and foreign words


@pytest.mark.parametrize(
    "event",
    [
        Spawned(unit="a", pid=7, attempt=2),
        Spawned(unit="ghost", pid=7, attempt=1),
        Bound(unit="a", instance="a", attempt=2, addresses={}),
        Bound(unit="a", instance="ghost", attempt=1, addresses={}),
        ReadyReported(unit="a", instance="a", attempt=2),
        ReadyReported(unit="a", instance="ghost", attempt=1),
        ProbeSucceeded(unit="a", attempt=1, purpose=ProbePurpose.READY),
        ProbeFailed(unit="a", attempt=1, purpose=ProbePurpose.HEALTH, reason="?"),
        SpawnFailed(unit="a", attempt=3, reason="?", permanent=True),
        FailureReported(unit="a", instance="a", attempt=9, cause=FailureCause.IMPORT, reason="?"),
    ],
)
def test_words_that_fit_nobody_change_nothing(event) -> None:  # type: ignore[no-untyped-def]
    world = World(make_plan(make_unit("a")), obedient=False)
    world.start()
    world.spawned("a")
    before = world.state
    assert world.send(event) == []
    assert world.state == before


def test_a_unit_that_is_being_ended_is_healthy_no_more() -> None:
    late = make_unit("late", python=False, ready=make_probe(TCP))
    plan = make_plan(
        make_unit("a"), late, make_unit("c", depends_on=needs("a", "late", condition=Condition.HEALTHY))
    )
    world = World(plan)
    world.start()
    world.obedient = False
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    world.send(ProbeSucceeded(unit="late", attempt=1, purpose=ProbePurpose.READY))
    assert "c" not in spawned(world)


def test_a_shared_process_is_not_told_where_it_has_bound_itself() -> None:
    targets = (ConnectTarget(address=None, instance="one", socket="out"),)
    reader = SocketLaunch(name="in", type=SocketType.SUB, connects=targets)
    both = (
        InstanceLaunch(instance="one", node="one", replica=0, target="m:N"),
        InstanceLaunch(instance="two", node="two", replica=0, target="m:N", sockets=(reader,)),
    )
    world = World(make_plan(make_unit("both", instances=both)), obedient=False)
    world.start()
    world.spawned("both")
    world.bound("both", out=("tcp://127.0.0.1:1",))
    told = len(world.actions(Connect))
    world.bound("both", out=("tcp://127.0.0.1:2",))
    assert len(world.actions(Connect)) == told


@pytest.mark.parametrize(
    "event",
    [
        Bound(unit="a", instance="a", attempt=1, addresses={"out": ("tcp://127.0.0.1:1",)}),
        ReadyReported(unit="a", instance="a", attempt=1),
        FailureReported(unit="a", instance="a", attempt=1, cause=FailureCause.IMPORT, reason="?"),
    ],
)
def test_a_unit_that_is_being_ended_is_not_listened_to(event) -> None:  # type: ignore[no-untyped-def]
    world = World(make_plan(make_unit("a")), obedient=False)
    world.start()
    world.spawned("a")
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    before = world.state
    assert world.send(event) == []
    assert world.state == before


def test_a_connector_that_has_crashed_is_not_told_that_its_binder_has_moved() -> None:
    target = ConnectTarget(address=None, instance="feed", socket="out")
    socket = SocketLaunch(name="in", type=SocketType.SUB, connects=(target,))
    instance = InstanceLaunch(instance="sub", node="sub", replica=0, target="m:N", sockets=(socket,))
    world = World(make_plan(make_unit("feed"), make_unit("sub", instances=(instance,), binders=("feed",))))
    world.start()
    world.exits("sub", 1)
    before = len(world.actions(Connect, "sub"))
    world.bound("feed", out=("tcp://127.0.0.1:7",))
    assert len(world.actions(Connect, "sub")) == before
