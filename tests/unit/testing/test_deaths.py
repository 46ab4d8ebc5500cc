"""Which changes of state are deaths, and how they are told."""

from __future__ import annotations

import pytest

from orchestrator.runtime.reports import StateChanged
from orchestrator.testing.deaths import Death, death_in, told, unexpected
from orchestrator.vocabulary import NodeState


def change(new: NodeState, reason: str = "exit code 1") -> StateChanged:
    return StateChanged(
        time=0,
        unit="a-1",
        node="a",
        old=NodeState.READY,
        new=new,
        reason=reason,
        attempt=1,
        last_lines=("bye",),
    )


@pytest.mark.parametrize("state", list(NodeState))
def test_failures_are_deaths(state):
    died = death_in(change(state)) is not None
    assert died == (state in (NodeState.FAILED, NodeState.BACKOFF))


def death(unit: str, node: str, reason: str = "exit code 1") -> Death:
    return Death(unit=unit, node=node, reason=reason, last_lines=("bye",))


def test_who_may_die_is_a_node_or_a_unit():
    both = (death("a-1", "a"), death("b", "b"))
    assert unexpected(both, ()) == both
    assert unexpected(both, ["a"]) == unexpected(both, ["a-1"]) == both[1:]
    assert unexpected(both, True) == ()
    assert unexpected(both, False) == both


def test_each_unit_is_told_once_with_its_first_death():
    deaths = [death("a", "a", "first"), death("b", "b"), death("a", "a", "second")]
    assert told("t", deaths) == (
        "a of t died: first\n    bye\n  and 1 more time\nb of t died: exit code 1\n    bye"
    )
    assert told("t", []) == ""
