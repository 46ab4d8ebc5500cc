"""Frozen, stalled, and a supervisor that was held up itself."""

from __future__ import annotations

import pytest

from orchestrator.model.types import Backoff, Heartbeat, Restart
from orchestrator.supervision.actions import AskToStop, Kill
from orchestrator.supervision.events import Ticked
from orchestrator.supervision.machine import next_deadline
from orchestrator.supervision.testing import World, make_plan, make_unit
from orchestrator.vocabulary import NodeState


def test_a_frozen_unit_is_found_on_time_killed_and_replaced() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(backoff=Backoff(jitter=0.0)))))
    world.start()
    world.advance(10)
    world.frozen = {"a": world.now - 0.2}
    world.advance(2.79)
    assert world.unit("a").state is NodeState.READY
    world.advance(0.02)
    assert world.reasons("a")[3:] == [
        "stopping: frozen: no heartbeat for 3.0 s (3 missed)",
        "backoff: frozen: no heartbeat for 3.0 s (3 missed); restart 1 of 5 in 0.1 s",
    ]
    assert world.actions(AskToStop) == []
    assert world.times(Kill, "a")[0] == pytest.approx(1012.8)
    world.frozen = {}
    world.advance(1)
    assert world.unit("a").state is NodeState.READY


def test_a_unit_that_answers_is_left_alone() -> None:
    world = World(make_plan(*(make_unit(f"u{i}") for i in range(5))))
    world.start()
    world.advance(600)
    assert set(world.states().values()) == {NodeState.READY}


def test_a_unit_may_freeze_before_it_is_ready() -> None:
    world = World(make_plan(make_unit("a")), obedient=False)
    world.start()
    world.spawned("a")
    world.frozen = {"a": world.now + 0.5}
    world.advance(3.6)
    assert world.reasons("a")[-1] == "stopping: frozen: no heartbeat for 3.0 s (3 missed)"


def test_a_program_that_never_spoke_is_not_judged_by_its_silence() -> None:
    world = World(make_plan(make_unit("f", python=False)))
    world.start()
    world.advance(600)
    assert world.unit("f").state is NodeState.READY


def test_a_foreign_program_that_spoke_once_is_held_to_it() -> None:
    world = World(make_plan(make_unit("f", python=False)))
    world.start()
    world.frozen = {"f": world.now + 1}
    world.advance(4.1)
    assert world.reasons("f")[-2].startswith("stopping: frozen: ")


def test_the_answers_of_a_predecessor_do_not_count() -> None:
    world = World(make_plan(make_unit("a", restart=Restart(backoff=Backoff(jitter=0.0)))))
    world.start()
    world.frozen = {"a": world.now}
    world.advance(3.05)
    assert world.unit("a").state is NodeState.BACKOFF
    world.advance(100)
    assert world.unit("a").run.attempt == 2, "the second process was judged by the first one's last answer"


def test_a_supervisor_that_was_held_up_judges_nobody() -> None:
    """Stopped by ^Z for a minute, it has heard no one; that is nobody's fault but its own."""
    world = World(make_plan(make_unit("a"), make_unit("b")))
    world.start()
    world.advance(5)
    last = world.now
    world.now += 60
    world.frozen = {"a": last, "b": last}
    world.tick()
    assert set(world.states().values()) == {NodeState.READY}
    world.frozen = {"a": last}
    world.advance(3.1)
    assert world.unit("b").state is NodeState.READY
    assert world.reasons("a")[3].startswith("stopping: frozen: no heartbeat for 63.0 s")


def test_a_main_loop_without_progress_is_told_from_a_frozen_process() -> None:
    world = World(make_plan(make_unit("a", heartbeat=Heartbeat(stall_s=5.0))))
    world.start()
    world.advance(10)
    world.stalled = {"a": 4.9}
    world.tick()
    assert world.unit("a").state is NodeState.READY
    world.now += 1
    world.stalled = {"a": 5.0}
    world.advance(5)
    assert world.reasons("a")[3] == "stopping: stalled: the main loop made no step for 5.0 s"
    assert world.actions(AskToStop) == []


def test_a_stall_is_looked_for_when_it_can_be_there() -> None:
    world = World(make_plan(make_unit("a", heartbeat=Heartbeat(interval_s=1.0, liveness=100, stall_s=5.0))))
    world.start()
    assert next_deadline(world.state) == world.now + 5.0
    world.now += 5.0
    world.stalled = {"a": 2.0}
    world.tick()
    assert next_deadline(world.state) == world.now + 3.0


def test_without_a_limit_nobody_stalls() -> None:
    world = World(make_plan(make_unit("a")))
    world.start()
    world.stalled = {"a": 1e6}
    world.advance(100)
    assert world.unit("a").state is NodeState.READY


def test_an_early_tick_costs_and_changes_nothing() -> None:
    world = World(make_plan(make_unit("a")))
    world.start()
    world.advance(5)
    before = world.state
    world.now += 0.5
    world.send(Ticked(pongs={"a": world.now}))
    assert world.state is before


@pytest.mark.parametrize("interval_s", [0.05, 1.0, 10.0])
def test_the_configured_time_is_kept(interval_s: float) -> None:
    world = World(make_plan(make_unit("a", heartbeat=Heartbeat(interval_s=interval_s, liveness=4))))
    world.start()
    world.advance(interval_s * 7)
    silent_from = world.now
    world.frozen = {"a": silent_from}
    world.advance(interval_s * 4)
    assert world.times(Kill, "a")[0] == pytest.approx(silent_from + interval_s * 4)
