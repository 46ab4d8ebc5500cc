"""Tasks: success, `done`, time limits, and the end of a topology of tasks."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.types import Backoff, DelayProbe, FileProbe, Restart, Stop
from orchestrator.supervision.actions import AskToStop, Kill, Spawn, StartProbe
from orchestrator.supervision.events import ProbeFailed, ProbePurpose, ProbeSucceeded
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit
from orchestrator.vocabulary import NodeKind, NodeState, RestartPolicy

FILE = FileProbe(path="/run/report.html")
NEVER = Restart(policy=RestartPolicy.NEVER)


def task(**settings: Any) -> World:
    """A started topology of one task, `t`."""
    settings.setdefault("restart", NEVER)
    world = World(make_plan(make_unit("t", python=False, kind=NodeKind.TASK, **settings)))
    world.start()
    return world


def done(world: World, *, attempt: int = 1) -> None:
    world.send(ProbeSucceeded(unit="t", attempt=attempt, purpose=ProbePurpose.DONE))


@pytest.mark.parametrize(
    ("code", "ok_exit", "state"),
    [
        (0, (), NodeState.EXITED),
        (3, (), NodeState.FAILED),
        (3, (3,), NodeState.EXITED),
        (4, (3,), NodeState.FAILED),
    ],
)
def test_the_exit_code_decides(code: int, ok_exit: tuple[int, ...], state: NodeState) -> None:
    world = task(stop=Stop(ok_exit=ok_exit))
    world.exits("t", code)
    assert world.unit("t").state is state
    assert world.finish is not None
    assert world.finish.failed is (state is NodeState.FAILED)


def test_a_topology_of_tasks_ends_when_all_have_succeeded() -> None:
    units = [make_unit(name, kind=NodeKind.TASK) for name in ("a", "b")]
    world = World(make_plan(*units))
    world.start()
    world.exits("b", 0)
    assert world.finish is None
    world.exits("a", 0)
    assert world.finish is not None
    assert not world.finish.failed
    assert world.finish.reason == "everything has completed"


def test_with_a_service_the_topology_stays_up() -> None:
    world = World(make_plan(make_unit("t", kind=NodeKind.TASK), make_unit("s")))
    world.start()
    world.exits("t", 0)
    assert world.states() == {"t": NodeState.EXITED, "s": NodeState.READY}
    assert world.finish is None


def test_a_failed_task_is_tried_again_within_its_limits() -> None:
    world = task(restart=Restart(backoff=Backoff(jitter=0.0)))
    world.exits("t", 1)
    world.advance(1)
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.EXITED
    assert len(world.actions(Spawn)) == 2


def test_a_task_has_its_time() -> None:
    world = task(timeout_s=30.0)
    world.advance(29.9)
    assert world.unit("t").state is NodeState.READY
    world.advance(0.2)
    assert world.reasons("t")[-2:] == ["stopping: did not finish in 30 s", "failed: did not finish in 30 s"]


def test_a_service_has_no_time_limit() -> None:
    world = World(make_plan(make_unit("s", timeout_s=30.0)))
    world.start()
    world.advance(100)
    assert world.unit("s").state is NodeState.READY


# ---------------------------------------------------------------------- `done`


def test_done_is_success_and_ends_the_process() -> None:
    world = task(done=make_probe(FILE))
    assert world.actions(StartProbe) == [StartProbe(unit="t", attempt=1, purpose=ProbePurpose.DONE)]
    world.now += 2
    done(world)
    assert [a.unit for a in world.actions(AskToStop)] == ["t"]
    assert world.reasons("t")[-1] == "exited: done after 2.0 s (file /run/report.html)"
    assert world.finish is not None
    assert not world.finish.failed


def test_done_is_success_whatever_the_exit_code() -> None:
    world = task(done=make_probe(FILE))
    world.obedient = False
    done(world)
    world.exits("t", 77)
    assert world.unit("t").state is NodeState.EXITED


def test_done_may_be_found_just_after_the_end() -> None:
    world = task(done=make_probe(FILE))
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.STOPPING
    world.advance(0.5)
    done(world)
    assert world.unit("t").state is NodeState.EXITED


def test_a_good_exit_without_done_is_a_failure() -> None:
    world = task(done=make_probe(FILE))
    world.send(ProbeFailed(unit="t", attempt=1, purpose=ProbePurpose.DONE, reason="file is not there"))
    world.exits("t", 0)
    world.advance(1.1)
    assert world.reasons("t")[-1] == "failed: exit code 0, but it is not done (file is not there)"


def test_a_bad_exit_before_done_is_a_failure_at_once() -> None:
    world = task(done=make_probe(FILE))
    world.exits("t", 2)
    assert world.reasons("t")[-1] == "failed: exit code 2"


def test_a_stop_ends_the_question_whether_it_is_done() -> None:
    world = task(done=make_probe(FILE))
    world.exits("t", 0)
    world.stop()
    assert world.finish is not None
    assert world.unit("t").state is NodeState.STOPPED


def test_done_after_a_delay() -> None:
    world = task(done=make_probe(DelayProbe(delay_s=3.0)))
    world.advance(2.9)
    assert world.unit("t").state is NodeState.READY
    world.advance(0.2)
    assert world.unit("t").state is NodeState.EXITED


def test_what_a_task_left_behind_is_killed() -> None:
    world = task()
    world.exits("t", 0)
    assert world.actions(Kill) == [Kill(unit="t", attempt=1)]
