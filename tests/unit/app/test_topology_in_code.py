"""Topologies built in code: what is wrong with them is told as findings, never as a traceback from inside."""

from __future__ import annotations

import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Topology
from orchestrator.diagnostics.text import TextFormat
from orchestrator.errors import OrchestratorError


def told(topology: Topology) -> list[tuple[str, str]]:
    return [(d.code, d.message) for d in topology.check()]


def one(**keys: Any) -> Topology:
    return Topology("t").node("a", lambda: None, **keys)


@pytest.mark.parametrize("key", [3, None, True, (1, 2)])
def test_a_key_that_is_not_text(key: Any) -> None:
    ((code, message),) = told(one(labels={key: "x"}))
    assert (code, message) == ("ZMQ009", f"the key `{key!r}` of `nodes.a.labels` is not text")
    ((code, message),) = told(Topology("t").node(key, command=["a"]))
    assert (code, message) == ("ZMQ009", f"the key `{key!r}` of `nodes` is not text")


def test_data_that_holds_itself() -> None:
    params: dict[str, Any] = {}
    params["more"] = [params]
    ((code, message),) = told(one(params=params))
    assert (code, message) == ("ZMQ011", "`nodes.a.params.more.0` contains itself")


def test_the_same_data_at_two_places_holds_nothing_twice() -> None:
    shared = {"x": 1}
    assert told(one(params={"p": shared, "q": [shared, shared]})) == []


def test_data_that_is_nested_too_deep() -> None:
    params: dict[str, Any] = {}
    for _ in range(2000):
        params = {"x": params}
    ((code, message),) = told(one(params=params))
    assert (code, message) == ("ZMQ012", "nested more than 100 levels deep")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"profiles": {"a", "b"}}, "must be a list of profiles, not a `set`"),
        ({"cwd": b"/x"}, "not a `bytes`"),
        ({"replicas": Fraction(1, 2)}, "must be a whole number, not a number"),
    ],
)
def test_a_value_of_a_type_that_no_file_has(keys: dict[str, Any], words: str) -> None:
    ((code, message),) = told(one(**keys))
    assert code == "ZMQ032"
    assert words in message


def test_what_cannot_be_called_is_no_node() -> None:
    wrong: Any = 5
    ((code, message),) = told(Topology("t").node("a", wrong))
    assert (code, message) == ("ZMQ032", "`run` of the node `a` must be `module:name`, not a whole number")


def test_a_node_that_is_added_anew_takes_the_place_of_the_old_one() -> None:
    topology = one().node("a", command=["true"])
    assert told(topology) == []
    assert not topology.model.nodes["a"].is_python


def test_nodes_may_be_given_as_data() -> None:
    topology = Topology("t", nodes={"a": {"command": ["true"]}}).node("b", command=["true"])
    assert told(topology) == []
    assert list(topology.model.nodes) == ["a", "b"]


def test_a_picture_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OrchestratorError, match="can't be written"):
        one().render(tmp_path / "no" / "x.mmd")


def test_a_finding_about_a_value_built_in_code_says_which_one() -> None:
    (found,) = one(sokets={}).check()
    assert "--> nodes.a.sokets" in TextFormat({}).finding(found)


def test_a_system_that_was_not_started_is_not_waited_for() -> None:
    with pytest.raises(OrchestratorError, match="has not been started"):
        one().up().wait_ready(0)


def test_a_number_that_is_no_signal() -> None:
    with pytest.raises(OrchestratorError, match="999 is no signal"):
        one().up().kill("a", 999)
    with pytest.raises(OrchestratorError, match="no unit"):
        one().up().kill("a", signal.SIGTERM)
