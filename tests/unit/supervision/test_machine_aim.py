"""Units that stay are told, while a plan changes, to connect to those that come and to leave those that go."""

from __future__ import annotations

from typing import Any

from orchestrator.model.types import PeersProbe
from orchestrator.planning.types import UnitPlan
from orchestrator.supervision.actions import Action, AskToStop, Connect, RolloutEnded, Spawn
from orchestrator.supervision.events import Replanned
from orchestrator.supervision.testing import World, make_plan, make_probe, make_unit
from orchestrator.vocabulary import NodeState, SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

READY = NodeState.READY


def worker(name: str, version: str = "1", **settings: Any) -> UnitPlan:
    socket = SocketLaunch(name="in", type=SocketType.PULL, binds=("tcp://*:*",))
    launch = InstanceLaunch(instance=name, node="w", replica=0, target=f"m:V{version}", sockets=(socket,))
    return make_unit(name, instances=(launch,), **settings)


def target(name: str) -> ConnectTarget:
    return ConnectTarget(address=None, instance=name, socket="in")


def source(*workers: str, fixed: str | None = None) -> UnitPlan:
    extra = () if fixed is None else (ConnectTarget(address=fixed),)
    connects = (*map(target, workers), *extra)
    socket = SocketLaunch(name="out", type=SocketType.PUSH, connects=connects)
    launch = InstanceLaunch(instance="source", node="source", replica=0, target="m:S", sockets=(socket,))
    return make_unit("source", instances=(launch,), binders=workers)


def up(*units: UnitPlan) -> World:
    world = World(make_plan(*units))
    world.start()
    world.obedient = False
    return world


def change(world: World, *units: UnitPlan) -> None:
    world.send(Replanned(rollout=1, plan=make_plan(*units), replace=frozenset(), reason="asked for"))


def come_up(world: World, name: str) -> None:
    world.spawned(name)
    world.bound(name, **{"in": (f"tcp://127.0.0.1:{len(world.live)}",)})
    world.reports_ready(name)


def aims(world: World) -> list[list[str]]:
    """To whom the source was told to connect, time after time."""
    key = ("source", "out")
    told = [a.targets[key] for a in world.actions(Connect, "source") if a.targets]
    return [[t.instance or str(t.address) for t in targets] for targets in told]


def end(world: World) -> RolloutEnded:
    (found,) = world.actions(RolloutEnded)
    return found


def kinds(world: World, *wanted: type[Action]) -> list[tuple[str, str]]:
    return [(type(a).__name__, a.unit) for _, a in world.history if isinstance(a, wanted)]


def test_a_new_peer_is_connected_to_once_it_is_ready() -> None:
    world = up(worker("w-0"), source("w-0"))
    change(world, worker("w-0"), worker("w-1"), source("w-0", "w-1"))
    assert aims(world) == [["w-0"]]
    come_up(world, "w-1")
    assert aims(world) == [["w-0"], ["w-0", "w-1"]]
    (last,) = [a for a in world.actions(Connect, "source") if a.targets][1:]
    assert ("w-1", "in") in last.addresses
    assert end(world).ok
    assert world.unit("source").run.attempt == 1
    assert end(world).done == ("w-1",)


def test_a_peer_that_goes_is_left_before_it_is_asked_to_end() -> None:
    world = up(worker("w-0"), worker("w-1"), source("w-0", "w-1"))
    change(world, worker("w-0"), source("w-0"))
    assert aims(world) == [["w-0"]]
    order = kinds(world, Connect, AskToStop)
    assert order[-2:] == [("Connect", "source"), ("AskToStop", "w-1")]
    world.exits("w-1", 0)
    assert end(world).ok
    assert aims(world) == [["w-0"]]


def test_one_that_is_ready_only_with_peers_gets_them_when_it_has_bound() -> None:
    peers = make_probe(PeersProbe(socket="in", count=1))
    world = up(worker("w-0"), source("w-0"))
    change(world, worker("w-0"), worker("w-1", ready=peers), source("w-0", "w-1"))
    world.spawned("w-1")
    assert aims(world)[-1] == ["w-0"]
    world.bound("w-1", **{"in": ("tcp://127.0.0.1:9",)})
    assert aims(world)[-1] == ["w-0", "w-1"]
    world.reports_ready("w-1")
    assert end(world).ok


def test_nothing_is_connected_to_one_that_fails_and_all_is_as_it_was() -> None:
    world = up(worker("w-0"), worker("w-1"), source("w-0", "w-1"))
    change(world, worker("w-0"), worker("w-2"), source("w-0", "w-2"))
    assert aims(world)[-1] == ["w-0"]
    world.exits("w-1", 0)
    world.spawned("w-2")
    world.obedient = True
    world.exits("w-2", 1)
    assert end(world).rolled_back
    assert aims(world)[-1] == ["w-0", "w-1"]
    assert all("w-2" not in told for told in aims(world))
    assert world.states() == {"w-0": READY, "w-1": READY, "source": READY}
    assert world.unit("source").run.attempt == 1


def test_an_address_of_nobody_is_connected_to_at_the_end() -> None:
    world = up(worker("w-0"), source("w-0"))
    change(world, worker("w-0"), worker("w-1"), source("w-0", "w-1", fixed="tcp://10.0.0.1:5"))
    assert aims(world)[-1] == ["w-0"]
    come_up(world, "w-1")
    assert aims(world)[-1] == ["w-0", "w-1", "tcp://10.0.0.1:5"]


def test_one_that_has_not_connected_yet_is_replaced() -> None:
    world = World(make_plan(worker("w-0"), source("w-0")), obedient=False)
    world.start()
    world.spawned("source")
    change(world, worker("w-0"), worker("w-1"), source("w-0", "w-1"))
    assert not aims(world)
    assert "source" in {a.unit for a in world.actions(Spawn)}
    rollout = world.state.rollout
    assert rollout is not None and rollout.change is not None
    assert rollout.change.replaced == {"source"}


def test_one_that_is_down_starts_with_its_new_peers() -> None:
    world = up(worker("w-0"), source("w-0"))
    world.exits("source", 1)
    assert world.states()["source"] is NodeState.BACKOFF
    change(world, worker("w-0"), worker("w-1"), source("w-0", "w-1"))
    come_up(world, "w-1")
    assert end(world).ok
    assert not aims(world)
    world.obedient = True
    world.advance(20)
    (connects,) = [s.connects for s in world.unit("source").plan.instances[0].sockets]
    assert connects == (target("w-0"), target("w-1"))
