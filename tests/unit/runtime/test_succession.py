"""What one supervisor notes, and what the next one makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.engines.protocol import Held
from orchestrator.errors import RunError
from orchestrator.model.types import Restart, Stop
from orchestrator.planning.types import Plan
from orchestrator.runtime.keeping import Keeping, Legacy, read
from orchestrator.runtime.succession import Fates, fates, fates_of_all
from orchestrator.supervision.events import UnitRestartRequested, UnitStopRequested
from orchestrator.supervision.testing import World, make_plan, make_unit, needs
from orchestrator.vocabulary import NodeKind, NodeState

PORTS = {("127.0.0.1", "a.out.0"): 40001}


class Before:
    """A supervisor that keeps, over units that do what they are told, and what its zygote has."""

    def __init__(self, plan: Plan, **settings: Any) -> None:
        self.notes: dict[str, bytes] = {}
        self.world = World(plan, **settings)
        self._keeping = Keeping(self, lambda: PORTS)
        self._keeping.begin("secret")
        self._heard = 0

    def note(self, key: str, value: bytes) -> None:
        self.notes[key] = value

    def legacy(self) -> Legacy:
        """As it would be if the supervisor died now."""
        units = {unit.unit for unit in self.world.plan.units}
        self._keeping._write(self.world.state, units)
        return read(self.notes)


def held(unit: str, attempt: int = 1, *, ended: int | None = None) -> Held:
    return Held(
        unit=unit,
        attempt=attempt,
        pid=100 + attempt,
        born="1",
        since=0.0,
        ended=None if ended is None else (ended, False),
        spools=((), ()),
        lost=(0, 0),
    )


def adopted(found: Fates) -> dict[str, int]:
    return {event.unit: event.attempt for _, event in found.adopted}


def left(found: Fates) -> dict[str, str]:
    return {leaver.held.unit: leaver.why for leaver in found.leavers}


def recalled(found: Fates) -> dict[str, tuple[NodeState, int]]:
    return {event.unit: (event.state, event.attempt) for event in found.recalled}


def test_all_is_read_as_it_was_written() -> None:
    plan = make_plan(make_unit("a"), make_unit("b", depends_on=needs("a")))
    before = Before(plan)
    before.world.start()
    legacy = before.legacy()
    assert (legacy.token, legacy.plan, dict(legacy.ports), legacy.stopping) == ("secret", plan, PORTS, "")
    assert legacy.launched == {unit.unit: unit for unit in plan.units}
    assert {name: (note.found, note.attempt, note.ready) for name, note in legacy.units.items()} == {
        "a": (NodeState.READY, 1, True),
        "b": (NodeState.READY, 1, True),
    }


def test_a_note_comes_before_what_it_tells_of() -> None:
    before = Before(make_plan(make_unit("a")), obedient=False)
    before.world.start()  # asked for, and not there
    found = fates(before.legacy(), before.world.plan, [held("a")])
    [(_, event)] = found.adopted
    assert not event.ready and event.attempt == 1


@pytest.mark.parametrize("notes", [{}, {"plan": b"x", "run": b"{}"}, {"plan": b"\x80\x04K\x01."}])
def test_notes_that_cannot_be_read_are_no_crash(notes: dict[str, bytes]) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read(notes)


def test_what_has_not_changed_is_adopted() -> None:
    plan = make_plan(make_unit("a"), make_unit("b"))
    before = Before(plan)
    before.world.start()
    found = fates(before.legacy(), plan, [held("a"), held("b", ended=139)])
    assert adopted(found) == {"a": 1, "b": 1}  # the end of b is judged once it is adopted
    assert all(event.ready for _, event in found.adopted)
    assert found.leavers == () and found.recalled == ()


def test_changes_of_the_supervision_alone_replace_nobody() -> None:
    before = Before(make_plan(make_unit("a")))
    before.world.start()
    new = make_plan(make_unit("a", restart=Restart(max_restarts=77)))
    assert adopted(fates(before.legacy(), new, [held("a")])) == {"a": 1}


def test_changed_and_removed_ones_are_ended_and_changed_ones_count_on() -> None:
    stop = Stop(signal="SIGINT", grace_s=1.5)
    before = Before(make_plan(make_unit("a"), make_unit("b", stop=stop), make_unit("c")))
    before.world.start()
    new = make_plan(make_unit("a"), make_unit("b", env={"X": "1"}), make_unit("d"))
    found = fates(before.legacy(), new, [held("a"), held("b"), held("c")])
    assert adopted(found) == {"a": 1}
    assert left(found) == {"b": "its environment changed", "c": "not in the file any more"}
    assert next(leaver.stop for leaver in found.leavers if leaver.held.unit == "b") == stop
    assert recalled(found) == {"b": (NodeState.BACKOFF, 1)}


def test_of_two_attempts_the_later_one_counts() -> None:
    before = Before(make_plan(make_unit("a")))
    before.world.start()
    before.world.exits("a", signal=9)
    before.world.advance(1)
    found = fates(before.legacy(), before.world.plan, [held("a", 2), held("a", 1, ended=9)])
    assert adopted(found) == {"a": 2}
    assert left(found) == {"a": "another process took its place"}
    assert found.adopted[0][1].restarts == 1


def test_an_end_that_was_dealt_with_is_not_judged_again() -> None:
    before = Before(make_plan(make_unit("a")))
    before.world.start()
    before.world.exits("a", signal=9)  # it waits for its next attempt
    found = fates(before.legacy(), before.world.plan, [held("a", ended=9)])
    assert left(found) == {"a": "its end was dealt with"}
    assert recalled(found) == {"a": (NodeState.BACKOFF, 1)}


def test_ends_and_what_the_user_wants_are_recalled() -> None:
    task = make_unit("task", kind=NodeKind.TASK)
    failed = make_unit("failed", restart=Restart(max_restarts=0), expendable=True)
    before = Before(make_plan(task, failed, make_unit("down"), make_unit("on")))
    before.world.start()
    before.world.exits("task", code=0)
    before.world.exits("failed", code=3)
    before.world.send(UnitStopRequested(unit="down", reason="stopped by ann"))
    found = fates(before.legacy(), before.world.plan, [held("on")])
    assert recalled(found) == {
        "task": (NodeState.EXITED, 1),
        "failed": (NodeState.FAILED, 1),
        "down": (NodeState.STOPPED, 1),
    }
    assert next(event.reason for event in found.recalled if event.unit == "down") == "stopped by ann"


def test_who_was_being_stopped_is_ended_and_stays_down_if_the_user_wanted_that() -> None:
    before = Before(make_plan(make_unit("down"), make_unit("again")), defiant=frozenset({"down", "again"}))
    before.world.start()
    before.world.send(UnitStopRequested(unit="down", reason="stopped by ann"))
    before.world.send(UnitRestartRequested(unit="again", reason="restarted by ann"))
    found = fates(before.legacy(), before.world.plan, [held("down"), held("again")])
    assert adopted(found) == {}
    assert set(left(found)) == {"down", "again"}
    assert recalled(found) == {"down": (NodeState.STOPPED, 1), "again": (NodeState.BACKOFF, 1)}


def test_a_topology_that_was_being_stopped_is_stopped_and_begins_afresh() -> None:
    before = Before(make_plan(make_unit("a"), make_unit("b")), defiant=frozenset({"a"}))
    before.world.start()
    before.world.stop()
    legacy = before.legacy()
    assert legacy.stopping
    found = fates(legacy, before.world.plan, [held("a"), held("b", ended=0)])
    assert set(left(found)) == {"a", "b"}
    assert found.adopted == () and found.recalled == ()


def test_one_of_whom_nothing_is_known_is_ended() -> None:
    before = Before(make_plan(make_unit("a")))
    before.world.start()
    found = fates(before.legacy(), before.world.plan, [held("a"), held("hook-1")])
    assert adopted(found) == {"a": 1} and set(left(found)) == {"hook-1"}


def test_to_stop_all_whoever_lives_is_adopted_first() -> None:
    before = Before(make_plan(make_unit("a"), make_unit("b")))
    before.world.start()
    found = fates_of_all(before.legacy(), [held("a"), held("b", ended=0), held("hook-1")])
    assert adopted(found) == {"a": 1}
    assert set(left(found)) == {"b", "hook-1"}


def test_the_next_one_goes_on_where_the_last_one_was() -> None:
    """From its notes alone a second machine comes to the state of the first."""
    task = make_unit("task", kind=NodeKind.TASK)
    plan = make_plan(task, make_unit("a"), make_unit("b", depends_on=needs("a")))
    before = Before(plan)
    before.world.start()
    before.world.exits("task", code=0)
    before.world.exits("a", signal=9)
    before.world.advance(1)
    attempts = {name: unit.run.attempt for name, unit in before.world.state.units.items()}
    found = fates(before.legacy(), replace(plan), [held("a", attempts["a"]), held("b", attempts["b"])])
    after = World(plan)
    for _, event in found.adopted:
        after.send(event)
    for recall in found.recalled:
        after.send(recall)
    after.start()
    assert after.states() == before.world.states()
    assert {name: unit.run.attempt for name, unit in after.state.units.items()} == attempts
    assert {n: u.restart_count for n, u in after.state.units.items()} == {
        n: u.restart_count for n, u in before.world.state.units.items()
    }
