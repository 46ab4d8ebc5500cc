"""A socket with `failover: sequential` is connected to one of its servers, whatever happens to them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq

from orchestrator.host.tail import Tails
from orchestrator.host.wiring import Wiring
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Failover, QoS

from .host_support import until

pytestmark = pytest.mark.integration


class World:
    """Three servers, and one client's wiring."""

    def __init__(self, directory: Path) -> None:
        self.context: Any = zmq.Context()
        self.servers = {}
        for name in "abc":
            router = self.servers[name] = self.context.socket(zmq.ROUTER)
            router.bind(f"ipc://{directory}/{name}")
        self.at = {name: f"ipc://{directory}/{name}" for name in "abc"}
        socket = SocketLaunch(
            name="ask",
            type=SocketType.DEALER,
            connects=tuple(self.target(name) for name in "ab"),
            qos=QoS(failover=Failover.SEQUENTIAL),
        )
        launch = InstanceLaunch(instance="client", node="client", replica=0, target=None, sockets=(socket,))
        self.wiring = Wiring(launch, self.context)
        self.told: list[tuple[int, int]] = []
        self.wiring.on_aim["ask"] = lambda count, current: self.told.append((count, current))

    def target(self, name: str) -> ConnectTarget:
        return ConnectTarget(address=None, instance=name, socket="in")

    def know(self, *names: str) -> None:
        self.wiring.connect({(name, "in"): (self.at[name],) for name in names})

    def gets(self) -> set[str]:
        """Who gets what the client sends."""
        for _ in range(4):
            self.wiring.raw["ask"].send(b"x")
        found: set[str] = set()
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            for name, router in self.servers.items():
                while router.poll(0):
                    router.recv_multipart()
                    found.add(name)
            time.sleep(0.005)
        return found

    def standing_by(self) -> set[str]:
        told = self.wiring.watches["ask"].told(time.monotonic()) or {}
        return {name for name, at in self.at.items() if told.get(at, {}).get("standby")}

    def connected(self) -> set[str]:
        told = self.wiring.watches["ask"].told(time.monotonic()) or {}
        return {name for name, at in self.at.items() if told.get(at, {}).get("peers")}

    def close(self) -> None:
        self.wiring.close(0, Tails())
        self.context.destroy(0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_it_is_connected_to_the_first_and_switches(world: World) -> None:
    world.know("a", "b")
    assert world.wiring.complete
    assert world.gets() == {"a"}
    assert world.standing_by() == {"b"}
    world.wiring.switch("ask", 1)
    assert world.gets() == {"b"}
    assert world.standing_by() == {"a"}
    until(lambda: world.connected() == {"b"}, "connected to b alone", 2)
    world.wiring.switch("ask", 0)
    assert world.gets() == {"a"}
    assert world.standing_by() == {"b"}


def test_an_address_that_comes_later_is_connected_if_it_is_its_turn(world: World) -> None:
    world.know("b")
    assert not world.wiring.complete
    assert world.standing_by() == {"b"}
    world.wiring.switch("ask", 1)
    assert world.gets() == {"b"}
    world.know("a", "b")
    assert world.gets() == {"b"}
    assert world.standing_by() == {"a"}


def test_other_servers_of_the_topology(world: World) -> None:
    world.know("a", "b")
    world.wiring.switch("ask", 1)
    world.wiring.aim({"ask": tuple(world.target(n) for n in "bc")})
    world.know("c")
    assert world.told == [(2, 0)]  # b is the first now, and is still asked
    assert world.gets() == {"b"}
    assert world.standing_by() == {"c"}
    world.wiring.aim({"ask": (world.target("c"), world.target("a"))})
    world.know("a", "c")
    assert world.told[-1] == (2, 0)
    assert world.gets() == {"c"}
    assert world.standing_by() == {"a"}


def test_a_server_that_has_moved(world: World) -> None:
    world.know("a", "b")
    world.wiring.connect({("a", "in"): (world.at["c"],), ("b", "in"): (world.at["a"],)})
    assert world.gets() == {"c"}
    assert world.standing_by() == {"a"}
