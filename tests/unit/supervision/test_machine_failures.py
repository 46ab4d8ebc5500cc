"""Crashes, restarts, limits, and when the topology has failed."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.types import Backoff, Restart, TcpProbe
from orchestrator.planning.types import NodePlan
from orchestrator.supervision.actions import Action, Announce, CancelProbes, Kill, Spawn, StartProbe
from orchestrator.supervision.events import (
    Exited,
    FailureCause,
    FailureReported,
    ProbeFailed,
    ProbePurpose,
    ProbeSucceeded,
    Spawned,
    SpawnFailed,
    UnitRestartRequested,
)
from orchestrator.supervision.machine import is_up
from orchestrator.supervision.state import Phase
from orchestrator.supervision.testing import World, make_health, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState, RestartPolicy

TCP = TcpProbe(targets=("5557",))
PLAIN = Backoff(jitter=0.0)


def one(**settings: Any) -> World:
    """A started topology of one unit, `a`."""
    settings.setdefault("restart", Restart(backoff=PLAIN))
    world = World(make_plan(make_unit("a", **settings)))
    world.start()
    return world


def failure(cause: FailureCause, reason: str, *, permanent: bool = False) -> FailureReported:
    return FailureReported(unit="a", instance="a", attempt=1, cause=cause, reason=reason, permanent=permanent)


@pytest.mark.parametrize(
    ("exit_", "named"),
    [
        ({"code": 3}, "exit code 3"),
        ({"code": 1}, "exit code 1"),
        ({"signal": 11}, "killed by SIGSEGV"),
        ({"signal": 9}, "killed by SIGKILL"),
        ({"signal": 6}, "killed by SIGABRT"),
        ({"signal": 15}, "killed by SIGTERM"),
        ({"signal": 9, "out_of_memory": True}, "killed by the kernel: out of memory"),
        ({"code": 139}, "exit code 139 (as a shell reports SIGSEGV)"),
        ({"code": 127}, "exit code 127 (as a shell reports a missing program)"),
        ({"code": 0}, "ended by itself (exit code 0); a service must stay up, `kind: task` may end"),
    ],
)
def test_every_end_of_a_service_is_named_shown_and_mended(exit_: dict[str, Any], named: str) -> None:
    world = one()
    world.exits("a", **exit_, last_lines=("last", "words"))
    backoff = world.actions(Announce, "a")[-1]
    assert (backoff.old, backoff.new) == (NodeState.READY, NodeState.BACKOFF)
    assert backoff.reason == f"{named}; restart 1 of 5 in 0.1 s"
    assert backoff.last_lines == ("last", "words")
    world.advance(0.2)
    assert world.unit("a").state is NodeState.READY
    assert [s.attempt for s in world.actions(Spawn)] == [1, 2]


def test_the_group_is_killed_before_its_replacement_starts() -> None:
    world = one()
    world.exits("a", signal=11)
    world.advance(1)
    kinds = [type(a) for _, a in world.history if isinstance(a, Kill | Spawn | Exited)]
    assert kinds == [Spawn, Exited, Kill, Spawn]
    assert world.actions(Kill) == [Kill(unit="a", attempt=1)]


def test_delays_grow_to_their_maximum() -> None:
    world = one(restart=Restart(backoff=Backoff(jitter=0.0, max_s=0.5), max_restarts=100))
    delays = []
    for _ in range(5):
        world.exits("a", 1)
        due = world.state.deadlines["a"]
        delays.append(round(due - world.now, 6))
        world.advance(due - world.now)
        assert world.unit("a").state is NodeState.READY
    assert delays == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_a_stable_run_starts_the_delays_anew() -> None:
    world = one(restart=Restart(backoff=PLAIN, max_restarts=100))
    for _ in range(3):
        world.exits("a", 1)
        world.advance(2)
    assert world.unit("a").failures == 3
    world.advance(PLAIN.max_s)
    world.exits("a", 1)
    assert world.unit("a").failures == 1


def test_the_limit_ends_it_and_says_so() -> None:
    world = one(restart=Restart(backoff=Backoff(jitter=0.0, max_s=0.1), max_restarts=5, window_s=60.0))
    for _ in range(6):
        world.exits("a", 3)
        world.advance(1)
    assert len(world.actions(Spawn)) == 6
    assert world.reasons("a")[-1] == "failed: exit code 3; given up after 5 restarts within 60 s"
    assert world.finish is not None
    assert world.finish.failed
    assert world.finish.reason == "a has failed: exit code 3; given up after 5 restarts within 60 s"


def test_restarts_outside_the_window_do_not_count() -> None:
    world = one(restart=Restart(backoff=Backoff(jitter=0.0, max_s=0.1), max_restarts=2, window_s=10.0))
    for _ in range(10):
        world.exits("a", 3)
        world.advance(6)
    assert world.unit("a").state is NodeState.READY


def test_no_restart_may_be_allowed_at_all() -> None:
    world = one(restart=Restart(max_restarts=0))
    world.exits("a", 3)
    assert world.reasons("a")[-1] == "failed: exit code 3; no restart is allowed (max_restarts: 0)"


@pytest.mark.parametrize(
    ("policy", "kind", "code", "restarted"),
    [
        (RestartPolicy.NEVER, NodeKind.SERVICE, 1, False),
        (RestartPolicy.NEVER, NodeKind.SERVICE, 0, False),
        (RestartPolicy.NEVER, NodeKind.TASK, 1, False),
        (RestartPolicy.ON_FAILURE, NodeKind.SERVICE, 1, True),
        (RestartPolicy.ON_FAILURE, NodeKind.SERVICE, 0, True),
        (RestartPolicy.ON_FAILURE, NodeKind.TASK, 1, True),
        (RestartPolicy.ON_FAILURE, NodeKind.TASK, 0, False),
        (RestartPolicy.ALWAYS, NodeKind.SERVICE, 0, True),
        (RestartPolicy.ALWAYS, NodeKind.TASK, 1, True),
        (RestartPolicy.ALWAYS, NodeKind.TASK, 0, True),
    ],
)
def test_the_policy_decides(policy: RestartPolicy, kind: NodeKind, code: int, restarted: bool) -> None:
    world = one(restart=Restart(policy=policy), kind=kind)
    world.exits("a", code)
    assert (world.unit("a").state is NodeState.BACKOFF) is restarted


def test_a_task_that_always_runs_again_uses_up_no_restarts() -> None:
    world = one(
        kind=NodeKind.TASK, restart=Restart(policy=RestartPolicy.ALWAYS, backoff=PLAIN, max_restarts=2)
    )
    for _ in range(10):
        world.exits("a", 0)
        world.advance(0.2)
    assert world.unit("a").state is NodeState.READY
    assert world.reasons("a")[3] == "backoff: succeeded (exit code 0); runs again in 0.1 s"


# ---------------------------------------------------------------------- what cannot be started


def test_a_missing_program_fails_at_once() -> None:
    world = World(make_plan(make_unit("a", python=False)), obedient=False)
    world.start()
    world.send(SpawnFailed(unit="a", attempt=1, reason="no program `gatway` in PATH", permanent=True))
    assert world.reasons("a")[-1] == "failed: could not be started: no program `gatway` in PATH"
    assert world.finish is not None
    assert world.finish.failed


def test_a_passing_trouble_of_starting_is_tried_again() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(backoff=PLAIN))), obedient=False)
    world.start()
    world.send(SpawnFailed(unit="a", attempt=1, reason="no memory", permanent=False))
    assert world.reasons("a")[-1] == "backoff: could not be started: no memory; restart 1 of 5 in 0.1 s"
    world.obedient = True
    world.advance(1)
    assert world.unit("a").state is NodeState.READY


@pytest.mark.parametrize(
    ("event", "told", "final"),
    [
        (
            failure(FailureCause.IMPORT, "No module named 'market'", permanent=True),
            "cannot be imported: No module named 'market'",
            True,
        ),
        (failure(FailureCause.IMPORT, "OSError: busy"), "cannot be imported: OSError: busy", False),
        (
            failure(FailureCause.PARAMS, "no parameter `symbol`", permanent=True),
            "its params do not fit: no parameter `symbol`",
            True,
        ),
        (
            failure(FailureCause.BIND, "tcp://127.0.0.1:5556 is in use by redis (pid 4)"),
            "cannot bind or connect: tcp://127.0.0.1:5556 is in use by redis (pid 4)",
            False,
        ),
        (failure(FailureCause.SETUP, "KeyError: 'x'"), "setup failed: KeyError: 'x'", False),
        (
            failure(FailureCause.USER_CODE, "ValueError: no (feed.py:3)"),
            "raised: ValueError: no (feed.py:3)",
            False,
        ),
    ],
)
def test_a_python_node_says_why_it_ends(event: FailureReported, told: str, final: bool) -> None:
    world = one()
    world.send(event)
    world.exits("a", 1, last_lines=("Traceback",))
    last = world.actions(Announce, "a")[-1]
    assert last.new is (NodeState.FAILED if final else NodeState.BACKOFF)
    assert last.reason == (told if final else f"{told}; restart 1 of 5 in 0.1 s")
    assert last.last_lines == ("Traceback",)


def test_out_of_memory_outweighs_what_the_node_said() -> None:
    world = one()
    world.send(failure(FailureCause.USER_CODE, "MemoryError"))
    world.exits("a", signal=9, out_of_memory=True)
    assert world.reasons("a")[-1].startswith("backoff: killed by the kernel: out of memory; ")


def test_a_signal_after_the_report_is_told_as_well() -> None:
    world = one()
    world.send(failure(FailureCause.USER_CODE, "ValueError: no"))
    world.exits("a", signal=6)
    assert world.reasons("a")[-1].startswith("backoff: raised: ValueError: no (killed by SIGABRT); ")


def test_who_reports_its_failure_and_stays_is_killed() -> None:
    world = one()
    world.send(failure(FailureCause.USER_CODE, "ValueError: no"))
    world.advance(5.1)
    assert world.reasons("a")[3] == "stopping: raised: ValueError: no; it did not exit after that"
    assert world.actions(Kill)[0] == Kill(unit="a", attempt=1)


def test_in_a_shared_process_the_culprit_is_named() -> None:
    from orchestrator.wire.launch import InstanceLaunch

    both = tuple(InstanceLaunch(instance=n, node=n, replica=0, target="m:N") for n in ("a", "b"))
    world = World(make_plan(make_unit("w", instances=both)))
    world.start()
    world.send(
        FailureReported(
            unit="w", instance="b", attempt=1, cause=FailureCause.USER_CODE, reason="ValueError: no"
        )
    )
    world.exits("w", 1)
    assert world.reasons("w")[-1].startswith("backoff: b: raised: ValueError: no; ")


# ---------------------------------------------------------------------- health


def unhealthy(world: World, reason: str = "connection refused") -> list[Action]:
    attempt = world.unit("a").run.attempt
    return world.send(ProbeFailed(unit="a", attempt=attempt, purpose=ProbePurpose.HEALTH, reason=reason))


def test_failed_checks_in_a_row_end_in_a_restart() -> None:
    world = one(python=False, health=make_health(TCP, retries=3))
    unhealthy(world)
    unhealthy(world)
    world.send(ProbeSucceeded(unit="a", attempt=1, purpose=ProbePurpose.HEALTH))
    unhealthy(world)
    unhealthy(world)
    assert world.unit("a").state is NodeState.READY
    unhealthy(world)
    assert world.reasons("a")[2] == "stopping: unhealthy: 3 checks failed in a row (connection refused)"
    assert world.actions(CancelProbes) == [CancelProbes(unit="a")]
    assert world.unit("a").state is NodeState.BACKOFF
    world.advance(1)
    assert world.actions(StartProbe)[-1].attempt == 2


def test_failures_during_the_start_period_do_not_count() -> None:
    world = one(python=False, health=make_health(TCP, retries=1, start_period_s=10.0))
    unhealthy(world)
    world.now += 9.9
    unhealthy(world)
    assert world.unit("a").state is NodeState.READY
    world.now += 0.2
    unhealthy(world)
    assert world.unit("a").state is NodeState.BACKOFF


def test_the_start_period_is_over_with_the_first_success() -> None:
    world = one(python=False, health=make_health(TCP, retries=1, start_period_s=10.0))
    world.send(ProbeSucceeded(unit="a", attempt=1, purpose=ProbePurpose.HEALTH))
    unhealthy(world)
    assert world.unit("a").state is NodeState.BACKOFF


# ---------------------------------------------------------------------- what a failure means


def failing(world: World, unit: str) -> None:
    attempt = world.unit(unit).run.attempt
    world.send(
        FailureReported(
            unit=unit, instance=unit, attempt=attempt, cause=FailureCause.PARAMS, reason="no", permanent=True
        )
    )
    world.exits(unit, 1)


def test_the_final_failure_of_a_node_stops_everything() -> None:
    world = World(make_plan(make_unit("a"), make_unit("b"), make_unit("c", python=False)))
    world.start()
    failing(world, "b")
    assert world.states() == {"a": NodeState.STOPPED, "b": NodeState.FAILED, "c": NodeState.STOPPED}
    assert world.reasons("a")[-2] == "stopping: b has failed: its params do not fit: no"
    assert world.finish is not None
    assert world.finish.failed


def test_an_expendable_node_fails_alone() -> None:
    world = World(make_plan(make_unit("a"), make_unit("b", expendable=True)))
    world.start()
    failing(world, "b")
    assert world.states() == {"a": NodeState.READY, "b": NodeState.FAILED}
    assert world.finish is None
    assert is_up(world.state)


def test_a_node_works_as_long_as_enough_replicas_do() -> None:
    units = [make_unit(f"s-{i}") for i in range(3)]
    node = NodePlan(node="s", units=tuple(u.unit for u in units), min_replicas=2, expendable=False)
    world = World(make_plan(*units, nodes=(node,)))
    world.start()
    failing(world, "s-0")
    assert world.finish is None
    failing(world, "s-2")
    assert world.finish is not None
    assert world.finish.failed
    assert world.finish.reason.startswith("s has failed: 1 of 3 replicas left, 2 needed; s-2 has failed: ")


def test_a_topology_of_which_nothing_ran_has_failed_even_if_it_can_do_without() -> None:
    world = World(make_plan(make_unit("a", python=False, expendable=True)), obedient=False)
    world.start()
    world.send(SpawnFailed(unit="a", attempt=1, reason="no such file", permanent=True))
    assert world.finish is not None
    assert (world.finish.failed, world.finish.reason) == (True, "nothing could be started: a failed")


def test_when_only_expendable_units_were_there_nothing_has_failed() -> None:
    world = World(make_plan(make_unit("a", expendable=True)))
    world.start()
    failing(world, "a")
    assert world.finish is not None
    assert not world.finish.failed
    assert "a failed" in world.finish.reason


# ---------------------------------------------------------------------- the user wants a restart


def test_a_restart_on_request_counts_as_no_failure() -> None:
    world = one(restart=Restart(max_restarts=0))
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    assert world.unit("a").state is NodeState.READY
    assert world.unit("a").run.attempt == 2
    assert world.unit("a").restarts == ()
    assert world.reasons("a")[3:5] == ["stopping: restart asked for", "starting: restart asked for"]


def test_a_restart_on_request_ends_the_backoff() -> None:
    world = one()
    world.exits("a", 1)
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    assert world.unit("a").state is NodeState.READY


def test_a_failed_unit_can_be_revived() -> None:
    world = World(make_plan(make_unit("a", expendable=True), make_unit("b")))
    world.start()
    failing(world, "a")
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    assert is_up(world.state)
    world.stop()
    assert world.finish is not None


def test_a_unit_that_waits_is_not_started_out_of_turn() -> None:
    world = World(make_plan(make_unit("a"), make_unit("b", depends_on=needs("a"))), obedient=False)
    world.start()
    world.send(UnitRestartRequested(unit="b", reason="restart asked for"))
    assert [s.unit for s in world.actions(Spawn)] == ["a"]


def test_a_doomed_unit_waits_again_when_revived() -> None:
    first = make_unit("a", expendable=True)
    second = make_unit("b", depends_on=needs("a"), expendable=True)
    world = World(make_plan(first, second, make_unit("c")))
    world.obedient = False
    world.start()
    world.send(SpawnFailed(unit="a", attempt=1, reason="gone", permanent=True))
    world.send(UnitRestartRequested(unit="b", reason="restart asked for"))
    assert world.unit("b").waiting
    world.obedient = True
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    assert world.unit("b").state is NodeState.READY


# ---------------------------------------------------------------------- what refuses to die


def test_a_process_that_survives_sigkill_is_given_up_and_never_replaced() -> None:
    world = one(expendable=True)
    world.obedient = False
    world.send(failure(FailureCause.USER_CODE, "no"))
    world.advance(5)
    world.advance(30.1)
    pid = world.live["a"]
    assert world.reasons("a")[-1] == (
        f"failed: process {pid} is still there 30 s after SIGKILL, and was given up"
    )
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    assert len(world.actions(Spawn)) == 1


def test_a_process_that_comes_to_life_after_it_was_given_up_is_killed() -> None:
    world = World(make_plan(make_unit("a", expendable=True), make_unit("b")), obedient=False)
    world.start()
    world.spawned("b")
    world.bound("b")
    world.reports_ready("b")
    for seconds in (60, 5, 30):
        world.advance(seconds)
    assert world.unit("a").state is NodeState.FAILED
    assert Kill(unit="a", attempt=1) in world.send(Spawned(unit="a", pid=9, attempt=1))


def test_probes_end_with_the_process_they_ask() -> None:
    world = one(python=False, ready=make_probe(TCP))
    world.exits("a", 1)
    assert world.actions(CancelProbes) == [CancelProbes(unit="a")]


def test_nobody_is_started_by_the_step_that_gives_the_topology_up() -> None:
    world = World(
        make_plan(
            make_unit("a", expendable=True),
            make_unit("b", python=False, binders=("a",)),  # starts once `a` is there, or lost for good
            make_unit("c", depends_on=needs("a")),  # cannot live without `a`
        ),
        obedient=False,
    )
    world.start()
    world.send(SpawnFailed(unit="a", attempt=1, reason="no", permanent=True))
    assert (
        world.state.end_reason == "c has failed: cannot start: it waits for a to be ready, and a has failed"
    )
    assert [spawn.unit for spawn in world.actions(Spawn)] == ["a"]
    assert world.state.phase is Phase.FINISHED


def test_a_pause_that_is_over_when_the_topology_is_given_up_leads_to_no_start() -> None:
    backoff = Restart(backoff=Backoff(initial_s=1.0, jitter=0.0))
    done = make_probe(TCP)
    world = World(
        make_plan(
            make_unit("a", restart=backoff),
            make_unit("b", kind=NodeKind.TASK, done=done, restart=Restart(policy=RestartPolicy.NEVER)),
        )
    )
    world.start()
    world.exits("a", signal=11)
    world.exits("b", code=0)
    world.now += 5.0  # both deadlines have passed when the machine looks
    world.tick()
    assert [spawn.attempt for spawn in world.actions(Spawn) if spawn.unit == "a"] == [1]
    assert world.unit("a").reason == "it was waiting to start again"
    assert world.state.phase is Phase.FINISHED
