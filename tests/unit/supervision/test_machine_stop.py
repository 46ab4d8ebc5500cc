"""Stopping: the order, the grace, the codes, and the second Ctrl-C."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.model.types import FileProbe, Restart, Stop
from orchestrator.supervision.actions import Announce, AskToStop, Kill, Spawn
from orchestrator.supervision.events import SpawnFailed, StartRequested, UnitRestartRequested
from orchestrator.supervision.machine import is_finished, next_deadline, step
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState


def up(*units: Any, **settings: Any) -> World:
    world = World(make_plan(*units), **settings)
    world.start()
    return world


def asked(world: World) -> list[str]:
    return [a.unit for a in world.actions(AskToStop)]


def test_dependents_stop_before_what_they_depend_on() -> None:
    world = up(
        make_unit("db"),
        make_unit("api", depends_on=needs("db")),
        make_unit("web", depends_on=needs("api")),
        make_unit("alone"),
    )
    world.obedient = False
    world.stop()
    assert asked(world) == ["alone", "web"]
    world.exits("web", 0)
    assert asked(world) == ["alone", "web", "api"]
    world.exits("alone", 0)
    world.exits("api", 0)
    assert asked(world)[-1] == "db"
    assert world.finish is None
    world.exits("db", 0)
    assert world.finish is not None
    assert not world.finish.failed
    assert world.finish.reason == "interrupted"


def test_what_several_depend_on_waits_for_the_last_of_them() -> None:
    world = up(
        make_unit("db"),
        make_unit("x", depends_on=needs("db")),
        make_unit("y", python=False, depends_on=needs("db")),
    )
    world.obedient = False
    world.stop()
    world.exits("x", 0)
    assert "db" not in asked(world)
    world.exits("y", 0)
    assert "db" in asked(world)


def test_three_that_ignore_the_signal_take_one_grace_period_together() -> None:
    names = ("a", "b", "c")
    world = up(*(make_unit(n, python=False, stop=Stop(grace_s=2.0)) for n in names), defiant=frozenset(names))
    begin = world.now
    world.stop()
    world.advance(1.99)
    assert world.actions(Kill) == []
    world.advance(0.02)
    assert is_finished(world.state)
    assert {world.times(Kill, n)[0] for n in names} == {begin + 2.0}
    assert world.reasons("a")[-1] == "stopped: SIGKILL, since it did not stop within 2 s of SIGTERM"


@pytest.mark.parametrize(
    ("exit_", "ok_exit", "state", "reason"),
    [
        ({"code": 0}, (), NodeState.STOPPED, "exit code 0"),
        ({"signal": 15}, (), NodeState.STOPPED, "ended by SIGTERM"),
        ({"code": 143}, (), NodeState.STOPPED, "exit code 143 (as a shell reports SIGTERM)"),
        ({"code": 3}, (3,), NodeState.STOPPED, "exit code 3"),
        ({"code": 3}, (), NodeState.FAILED, "stopped with exit code 3"),
        ({"code": 130}, (), NodeState.FAILED, "stopped with exit code 130 (as a shell reports SIGINT)"),
        ({"signal": 11}, (), NodeState.FAILED, "killed by SIGSEGV while it stopped"),
    ],
)
def test_how_a_unit_may_stop(
    exit_: dict[str, Any], ok_exit: tuple[int, ...], state: NodeState, reason: str
) -> None:
    world = up(make_unit("a", stop=Stop(ok_exit=ok_exit)))
    world.obedient = False
    world.stop()
    world.exits("a", **exit_, last_lines=("bye",))
    last = world.actions(Announce)[-1]
    assert (last.new, last.reason) == (state, reason)
    assert last.last_lines == (("bye",) if state is NodeState.FAILED else ())
    assert world.finish is not None
    assert not world.finish.failed


def test_another_stop_signal_is_sent_and_accepted() -> None:
    world = up(make_unit("a", stop=Stop(signal="SIGINT")))
    world.stop()
    assert world.actions(AskToStop) == [AskToStop(unit="a", attempt=1, signal="SIGINT")]
    assert world.reasons("a")[-1] == "stopped: ended by SIGINT"


def test_at_once_is_at_once() -> None:
    world = up(make_unit("a"), make_unit("b", depends_on=needs("a")), make_unit("c"))
    world.obedient = False
    world.stop(at_once=True)
    assert {k.unit for k in world.actions(Kill)} == {"a", "b", "c"}
    for unit in ("a", "b", "c"):
        world.exits(unit, signal=9)
    assert world.finish is not None
    assert world.reasons("a")[-1] == "stopped: SIGKILL at once"


def test_a_second_request_escalates() -> None:
    world = up(make_unit("a"), make_unit("b", depends_on=needs("a")), defiant=frozenset({"a", "b"}))
    world.stop()
    assert asked(world) == ["b"]
    world.stop()
    assert asked(world) == ["b"]
    assert world.actions(Kill) == []
    world.stop(at_once=True)
    assert is_finished(world.state)


def test_who_has_no_process_just_stops() -> None:
    world = up(
        make_unit("crashed", restart=Restart(max_restarts=100)),
        make_unit("waiting", depends_on=needs("never")),
        make_unit("never", python=False, ready=make_probe(FileProbe(path="/x"))),
    )
    world.obedient = False
    world.exits("crashed", 1)
    world.exits("never", 1)
    world.stop()
    assert is_finished(world.state)
    assert world.reasons("crashed")[-1] == "stopped: it was waiting to start again"


def test_a_unit_that_is_just_being_made_is_asked_as_soon_as_it_is_there() -> None:
    world = up(make_unit("a"), obedient=False)
    world.stop()
    assert asked(world) == []
    assert world.unit("a").state is NodeState.STOPPING
    world.spawned("a")
    assert asked(world) == ["a"]


def test_a_unit_that_is_just_being_made_is_killed_as_soon_as_it_is_there() -> None:
    world = up(make_unit("a"), obedient=False)
    world.stop(at_once=True)
    world.spawned("a")
    assert world.history[-1][1] == Kill(unit="a", attempt=1)
    world.exits("a", signal=9)
    assert is_finished(world.state)


def test_a_unit_that_cannot_be_made_stops_as_well() -> None:
    world = up(make_unit("a"), obedient=False)
    world.stop()
    world.send(SpawnFailed(unit="a", attempt=1, reason="no memory", permanent=False))
    assert is_finished(world.state)
    assert world.unit("a").state is NodeState.STOPPED


def test_nothing_is_restarted_while_stopping() -> None:
    world = up(make_unit("a"), make_unit("b", depends_on=needs("a")))
    world.obedient = False
    world.stop()
    world.exits("a", signal=11)
    assert world.unit("a").state is NodeState.FAILED
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    world.exits("b", 0)
    assert len(world.actions(Spawn)) == 2
    assert is_finished(world.state)


def test_a_task_that_succeeds_while_stopping_has_succeeded() -> None:
    world = up(make_unit("t", kind=NodeKind.TASK), make_unit("s", depends_on=needs("t")))
    world.obedient = False
    world.stop()
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.EXITED


def test_a_restart_under_way_becomes_a_stop() -> None:
    world = up(make_unit("a"))
    world.obedient = False
    world.send(UnitRestartRequested(unit="a", reason="restart asked for"))
    world.stop()
    world.exits("a", 0)
    assert world.unit("a").state is NodeState.STOPPED
    assert is_finished(world.state)


def test_what_cannot_be_killed_does_not_hang_the_stop() -> None:
    world = up(make_unit("a", stop=Stop(grace_s=1.0)))
    world.obedient = False
    world.stop()
    world.advance(1.0)
    world.advance(30.0)
    assert world.finish is not None
    assert world.finish.failed
    assert world.finish.reason == "interrupted; still there: a"


def test_stopping_before_starting_is_finished_at_once() -> None:
    world = World(make_plan(make_unit("a")))
    world.stop()
    assert is_finished(world.state)
    world.start()
    assert world.actions(Spawn) == []


def test_after_the_end_nothing_happens() -> None:
    world = up(make_unit("a"))
    world.stop()
    assert is_finished(world.state)
    assert step(world.state, StartRequested(), 5.0) == (world.state, [])
    assert next_deadline(world.state) is None


def test_a_failure_already_being_ended_stays_ended_by_the_stop() -> None:
    """Asked to stop because unhealthy, then the topology stops: one signal, no restart."""
    world = up(make_unit("a", kind=NodeKind.TASK, timeout_s=1.0), make_unit("b"))
    world.obedient = False
    world.advance(1.0)
    assert asked(world) == ["a"]
    world.stop()
    assert asked(world) == ["a", "b"]
    world.exits("a", signal=15)
    assert world.unit("a").state is NodeState.STOPPED
    world.exits("b", 0)
    assert is_finished(world.state)


@pytest.mark.parametrize(
    ("exit_", "state", "reason"),
    [
        ({"code": 0}, NodeState.STOPPED, "ended by itself (exit code 0)"),
        ({"signal": 15}, NodeState.STOPPED, "ended by itself (killed by SIGTERM)"),
        ({"code": 4}, NodeState.FAILED, "exit code 4"),
    ],
)
def test_who_ends_before_its_turn_to_stop(exit_: dict[str, Any], state: NodeState, reason: str) -> None:
    world = up(make_unit("a"), make_unit("b", depends_on=needs("a")))
    world.obedient = False
    world.stop()
    world.exits("a", **exit_)
    assert world.reasons("a")[-1] == f"{state}: {reason}"


def test_an_unknown_stop_signal_accepts_a_clean_exit_only() -> None:
    world = up(make_unit("a", stop=Stop(signal="SIGNONE")))
    world.obedient = False
    world.stop()
    world.exits("a", 143)
    assert world.unit("a").state is NodeState.FAILED


def test_a_task_whose_done_is_open_is_stopped_not_finished() -> None:
    task = make_unit("t", kind=NodeKind.TASK, done=make_probe(FileProbe(path="/x")))
    world = up(task, make_unit("s", depends_on=needs("t")))
    world.obedient = False
    world.stop()
    world.exits("t", 0)
    assert world.unit("t").state is NodeState.STOPPED
