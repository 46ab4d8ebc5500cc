"""Whatever is linked and depended on, a plan has its order and nobody waits in a circle."""

from __future__ import annotations

from itertools import count
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from orchestrator.model.load import from_data
from orchestrator.model.types import Topology
from orchestrator.planning import Plan, build
from orchestrator.supervision.machine import is_finished, is_up
from orchestrator.supervision.testing import World

NAMES = ("a", "b", "c", "d", "e", "f")
BINDS = ("auto", "tcp://127.0.0.1:*", "tcp://*:0", "ipc://*", "ipc://there", None)


@st.composite
def nodes(draw: st.DrawFn) -> dict[str, Any]:
    """Nodes that depend on nodes in one direction, and link in any."""
    chosen = draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))]
    ranks = {name: rank for rank, name in enumerate(chosen)}
    found: dict[str, Any] = {}
    for number, name in enumerate(sorted(chosen)):
        foreign = draw(st.booleans())
        node: dict[str, Any] = {"command": ["x"]} if foreign else {"run": "m:N"}
        bind = draw(st.sampled_from((*BINDS, f"tcp://127.0.0.1:{7000 + 10 * number}")))
        sockets: dict[str, Any] = {}
        if bind is not None:
            sockets["out"] = {"type": "PUB", "bind": f"{bind}-{name}" if bind == "ipc://there" else bind}
        others = draw(st.lists(st.sampled_from(chosen), unique=True, max_size=3))
        if others:
            sockets["in"] = {"type": "SUB", "connect": [f"{o}.out" for o in others], "subscribe": [""]}
        node["sockets"] = sockets
        node["replicas"] = draw(st.integers(1, 3))
        if not foreign and draw(st.booleans()):
            node["process"] = draw(st.sampled_from(("p", "q")))
        conditions = st.sampled_from(("started", "ready", "healthy"))
        node["depends_on"] = {
            other: {"condition": draw(conditions)}
            for other in chosen
            if ranks[other] < ranks[name] and draw(st.booleans())
        }
        found[name] = node
    for node in found.values():  # a socket that is named must be there
        for name in list(node["sockets"].get("in", {}).get("connect", ())):
            if "out" not in found[name.partition(".")[0]]["sockets"]:
                node["sockets"]["in"]["connect"].remove(name)
        if not node["sockets"].get("in", {}).get("connect", ["something"]):
            del node["sockets"]["in"]
    return found


def has_circle(topology: Topology) -> bool:
    """Whether processes depend on each other in a circle, as sharing can make them: a rule's finding."""
    home = {n.name: n.process or n.name for n in topology.nodes.values()}
    needs: dict[str, set[str]] = {home[n]: set() for n in home}
    for node in topology.nodes.values():
        needs[home[node.name]] |= {home[d.node] for d in node.depends_on} - {home[node.name]}
    while free := [unit for unit, others in needs.items() if not others]:
        for unit in free:
            del needs[unit]
        for others in needs.values():
            others.difference_update(free)
    return bool(needs)


def planned(topology: Topology) -> Plan:
    ports = count(40001)
    return build(topology, run_dir="/run/x", environ={}, pick_port=lambda host, user: next(ports))


@settings(max_examples=200, deadline=None)
@given(nodes())
def test_every_plan_comes_up_and_goes_down(data: dict[str, Any]) -> None:
    topology = from_data({"name": "any", "nodes": data}, directory="/srv").topology
    assert topology is not None
    plan = planned(topology)
    assert plan == planned(topology)
    place = {unit.unit: number for number, unit in enumerate(plan.units)}
    circle = has_circle(topology)
    for unit in plan.units:
        if not circle:
            assert all(place[d.unit] < place[unit.unit] for d in unit.depends_on)
        assert unit.unit not in unit.binders
        for instance in unit.instances:
            for socket in instance.sockets:
                for target in socket.connects:
                    assert (target.address is None) is (target.instance is not None)
                    assert unit.is_python or target.address is not None
    world = World(plan)
    world.start()
    assert circle or is_up(world.state), world.states()
    world.stop()
    assert is_finished(world.state)
