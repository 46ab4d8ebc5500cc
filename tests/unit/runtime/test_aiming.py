"""Nodes that run get other targets; what is to end is left when it has ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.runtime.aiming import Aims
from orchestrator.supervision.actions import Connect
from orchestrator.supervision.events import Bound, Replanned
from orchestrator.supervision.testing import World, make_plan, make_unit
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch


def to(binder: str) -> ConnectTarget:
    return ConnectTarget(address=None, instance=binder, socket="s")


def connector(kind: str, *binders: str) -> UnitPlan:
    socket = SocketLaunch(name="s", type=SocketType(kind), connects=tuple(map(to, binders)))
    return make_unit("c", instances=(_launch("c", socket),))


def binder(name: str, kind: str) -> UnitPlan:
    return make_unit(
        name, instances=(_launch(name, SocketLaunch(name="s", type=SocketType(kind), binds=("x",))),)
    )


def _launch(name: str, socket: SocketLaunch) -> InstanceLaunch:
    return InstanceLaunch(instance=name, node=name, replica=0, target="m:n", sockets=(socket,))


class Control:
    def __init__(self) -> None:
        self.told: list[list[str]] = []

    def connect(
        self, unit: str, addresses: Any, targets: dict[tuple[str, str], Iterable[ConnectTarget]]
    ) -> None:
        assert unit == "c"
        self.told += [[t.instance or "?" for t in wanted] for wanted in targets.values()]


def changing(kind: str, other: str) -> tuple[World, Control, Aims]:
    """A world in which `c` has connected to a and b, and b is on its way out."""
    units = {name: binder(name, other) for name in "ab"}
    world = World(make_plan(*units.values(), connector(kind, "a", "b")))
    world.start()
    world.obedient = False
    plan: Plan = make_plan(units["a"], connector(kind, "a"))
    world.send(Replanned(rollout=1, plan=plan, replace=frozenset(), reason="asked"))
    control = Control()
    return world, control, Aims(control, lambda: world.state)  # type: ignore[arg-type]


CONNECT = Connect(unit="c", attempt=1, addresses={}, targets={("c", "s"): (to("a"),)})


@pytest.mark.parametrize(
    ("kind", "other"),
    [("PUSH", "PULL"), ("PULL", "PUSH"), ("REQ", "REP"), ("DEALER", "ROUTER"), ("SUB", "PUB")],
)
def test_what_ends_is_left_when_it_has_ended(kind: str, other: str) -> None:
    _, control, aims = changing(kind, other)
    aims.connect(CONNECT)
    assert control.told == []
    aims.ended("b")
    assert control.told == [["a"]]
    aims.ended("b")
    assert len(control.told) == 1


def test_one_that_goes_on_is_left_at_once() -> None:
    world, control, aims = changing("PULL", "PUSH")
    world.state = replace(world.state, wiring=replace(world.state.wiring, nodes={"a": (), "b": (), "c": ()}))
    aims.connect(CONNECT)
    assert control.told == [["a"]]


def test_a_new_process_knows_its_plan() -> None:
    _, control, aims = changing("PULL", "PUSH")
    aims.connect(CONNECT)
    aims.began(connector("PULL", "a"))
    aims.ended("b")
    assert control.told == []


def bound(name: str) -> Bound:
    return Bound(unit=name, instance=name, attempt=2, addresses={"s": ("tcp://127.0.0.1:2",)})


def moving() -> tuple[World, Control, Aims]:
    a = binder("a", "PULL")
    open_ = SocketLaunch(name="s", type=SocketType.PULL, binds=("tcp://127.0.0.1:*",))
    b = make_unit("b", instances=(_launch("b", open_),))
    world = World(make_plan(a, b, connector("PUSH", "a", "b")))
    world.start()
    control = Control()
    return world, control, Aims(control, lambda: world.state)  # type: ignore[arg-type]


def test_one_that_will_be_elsewhere_is_left_until_it_is_back() -> None:
    _, control, aims = moving()
    aims.ended("a")
    assert control.told == []
    aims.ended("b")
    assert control.told == [["a"]]
    aims.bound(bound("a"))
    assert control.told == [["a"]]
    aims.bound(bound("b"))
    assert control.told == [["a"], ["a", "b"]]
    aims.bound(bound("b"))
    assert len(control.told) == 2


def test_a_move_alone_changes_no_targets() -> None:
    _, control, aims = changing("PULL", "PUSH")
    aims.connect(Connect(unit="c", attempt=1, addresses={("a", "s"): ("ipc:///new",)}))
    assert control.told == []
