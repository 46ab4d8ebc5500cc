"""Profiles choose who takes part."""

from __future__ import annotations

import pytest

from orchestrator.errors import UsageError
from orchestrator.model import Topology
from orchestrator.model.load import load
from orchestrator.model.profiles import all_profiles, select_profiles

TEXT = """\
version: 1
name: t
nodes:
  always: {run: 'm:f'}
  debug: {run: 'm:f', profiles: [debug, all]}
  load: {run: 'm:f', profiles: [load], depends_on: [debug]}
"""


@pytest.fixture
def topology() -> Topology:
    made = load("t.yaml", text=TEXT, environ={}).topology
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("profiles", "names"),
    [
        ((), ["always"]),
        (("debug",), ["always", "debug"]),
        (("load", "all"), ["always", "debug", "load"]),
        (("*",), ["always", "debug", "load"]),
    ],
)
def test_nodes_take_part_when_one_of_their_profiles_is_asked_for(
    topology: Topology, profiles: tuple[str, ...], names: list[str]
) -> None:
    assert list(select_profiles(topology, profiles).nodes) == names


def test_a_profile_that_no_node_has_is_refused(topology: Topology) -> None:
    with pytest.raises(UsageError, match="`debg`") as caught:
        select_profiles(topology, ["debg"])
    assert caught.value.remedy == "did you mean `debug`?"


def test_a_dependency_that_takes_no_part_is_refused(topology: Topology) -> None:
    with pytest.raises(UsageError, match="`load` depends on `debug`"):
        select_profiles(topology, ["load"])


def test_the_profiles_of_a_topology(topology: Topology) -> None:
    assert all_profiles(topology) == ("debug", "all", "load")
