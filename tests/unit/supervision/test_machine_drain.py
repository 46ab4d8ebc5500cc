"""Which ends are asked for, so that what was sent to the unit is finished first, and which are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.supervision.actions import AskToStop
from orchestrator.supervision.events import (
    FailureCause,
    FailureReported,
    RollingRestartRequested,
    UnitRestartRequested,
    UnitStopRequested,
)
from orchestrator.supervision.testing import World, make_plan, make_unit


def up() -> World:
    world = World(make_plan(make_unit("a"), make_unit("b")))
    world.start()
    return world


@pytest.mark.parametrize(
    "ask",
    [
        lambda w: w.send(UnitStopRequested(unit="a", reason="asked")),
        lambda w: w.send(UnitRestartRequested(unit="a", reason="asked")),
        lambda w: w.send(RollingRestartRequested(rollout=1, units=("a",), reason="asked")),
    ],
)
def test_what_somebody_asked_for(ask: Callable[[World], object]) -> None:
    world = up()
    ask(world)
    assert [a.drain for a in world.actions(AskToStop, "a")] == [True]


def test_the_end_of_the_topology_is_no_time_to_finish() -> None:
    world = up()
    world.stop()
    assert {a.drain for a in world.actions(AskToStop)} == {False}


def test_a_unit_that_has_failed_has_nothing_to_finish() -> None:
    world = up()
    world.obedient = False
    failure = FailureReported(
        unit="a", instance="a", attempt=1, cause=FailureCause.USER_CODE, reason="x", permanent=False
    )
    world.send(failure)
    world.advance(60)
    assert not any(a.drain for a in world.actions(AskToStop, "a"))
