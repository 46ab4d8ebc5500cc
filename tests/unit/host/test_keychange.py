"""When links take other keys: pure decisions, and the steps that follow from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.app.key_files import fresh, keep
from orchestrator.host.guarding import Guarding, Keys
from orchestrator.host.keychange import Standing, Step, next_step
from orchestrator.host.rekeying import Rekeying
from orchestrator.transport.certificates import read_pair, write_pair
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Mechanism, QoS, Retry, Security

TCP, IPC = "tcp://127.0.0.1:5555", "ipc:///x"
UP, DOWN = Standing(peers=1, since_s=60), Standing(since_s=60)
FAILING = Standing(since_s=60, kind="broken", failed_s=0.1)


def step(kind: str, standing: Standing, at: str = TCP, qos: QoS | None = None, **how: Any) -> Step:
    socket = SocketLaunch(name="s", type=SocketType(kind), qos=qos or QoS())
    given = {"outdated": True, "stale": False, "choices": 2} | how
    return next_step(socket, at, standing, **given)


class TestDecision:
    def test_a_connection_that_works_is_left_only_where_nothing_is_lost(self) -> None:
        assert step("PUSH", UP) is Step.TRY
        assert step("REQ", UP) is Step.TRY
        for kind in ("PULL", "SUB", "XSUB", "DEALER", "ROUTER", "PAIR", "REP", "PUB", "XPUB"):
            assert step(kind, UP) is Step.NOTHING
            assert step(kind, UP, stale=True) is Step.NOTHING
        assert step("PUSH", UP, IPC) is Step.NOTHING
        assert step("REQ", UP, qos=QoS(retry=Retry())) is Step.NOTHING

    def test_all_is_well(self) -> None:
        assert step("PUSH", UP, outdated=False) is Step.SETTLED

    def test_receivers_change_once_they_are_alone(self) -> None:
        assert step("PULL", DOWN, stale=True) is Step.MOVE
        assert step("PULL", DOWN) is Step.NOTHING, "the old keys open the next connection, too"
        assert step("PULL", FAILING) is Step.MOVE

    def test_a_queue_is_not_given_up_because_the_server_is_away(self) -> None:
        for kind in ("PUSH", "DEALER"):
            assert step(kind, DOWN, stale=True) is Step.NOTHING
            long_ago = Standing(since_s=60, kind="broken", failed_s=30)
            assert step(kind, long_ago, stale=True) is Step.NOTHING
            assert step(kind, Standing(since_s=3, kind="broken")) is Step.NOTHING
            assert step(kind, Standing(since_s=3, kind="broken"), stale=True) is Step.GIVE_UP
            assert step(kind, FAILING) is Step.GIVE_UP

    def test_what_can_never_leave_does_not_hold_up_what_comes_after_it(self) -> None:
        assert step("DEALER", DOWN, stale=True, refused=True) is Step.GIVE_UP
        assert step("SUB", DOWN, stale=True, refused=True) is Step.MOVE
        assert step("DEALER", UP, stale=True, refused=True) is Step.NOTHING

    def test_present_keys_of_which_there_is_one_pair_are_kept(self) -> None:
        assert step("PUSH", FAILING, outdated=False, choices=1) is Step.NOTHING

    @pytest.mark.parametrize("kind", ["auth", "mechanism", "key", "protocol"])
    def test_who_was_turned_away_for_good_knocks_again(self, kind: str) -> None:
        assert step("PUSH", Standing(since_s=1.9, kind=kind), outdated=False, choices=1) is Step.NOTHING
        assert step("PUSH", Standing(since_s=2.1, kind=kind), outdated=False, choices=1) is Step.KNOCK


class Control:
    """Carries out at once what is posted."""

    def __init__(self) -> None:
        self.held: list[str] = []

    def post(self, what: Callable[[], None]) -> None:
        what()

    def hold(self, socket: str, number: int, until: float) -> None:
        self.held.append(socket)

    def release(self, number: int) -> None:
        self.held.clear()


class Sockets:
    """Records what is done to the sockets."""

    def __init__(self) -> None:
        self.guarding = Guarding("i")
        self.stands = UP
        self.done: list[tuple[Any, ...]] = []
        self.can_leave = True

    def standing(self, name: str, address: str, now: float) -> Standing:
        return self.stands

    def serve_anew(self, name: str, address: str) -> None:
        self.done.append(("anew", name, address))

    def serve_only(self, name: str, address: str, public: str) -> None:
        self.done.append(("only", name, public))

    def move(self, name: str, target: ConnectTarget, keys: Keys) -> bool:
        if self.can_leave:
            self.done.append(("moved", name, keys.pair))
            self.guarding.used[name, target] = keys
        return self.can_leave


class Trials:
    """Keys that work, and how many trials are open."""

    def __init__(self) -> None:
        self.good: set[tuple[str, str]] = set()
        self.tried: list[tuple[str, str]] = []
        self.open = 0

    def __call__(self, socket: SocketLaunch, keys: Keys) -> Any:
        self.tried.append(keys.pair)
        self.open += 1
        trials = self

        class Trial:
            def look(self) -> bool:
                return keys.pair in trials.good

            def close(self) -> None:
                trials.open -= 1

        return Trial()


TARGET = ConnectTarget(address=TCP, instance="server", socket="in")


class World:
    """One instance with one socket, and a directory of keys."""

    def __init__(self, keys: Path, kind: str, *, server: bool = False) -> None:
        self.keys = str(keys)
        for name in ("own", "server"):
            write_pair(self.keys, name, fresh(name))
        security = Security(
            mechanism=Mechanism.CURVE,
            keys=self.keys,
            name="own",
            server=server,
            server_names=() if server else ("server",),
        )
        socket = SocketLaunch(name="s", type=SocketType(kind), security=security)
        launch = InstanceLaunch(instance="i", node="own", replica=0, target="m:n", sockets=(socket,))
        self.sockets, self.control, self.trials = Sockets(), Control(), Trials()
        self.rekeying = Rekeying(launch, self.sockets, self.control, self.trials)  # type: ignore[arg-type]
        if server:
            self.sockets.guarding.bound("s", TCP, self.public("own"))
        else:
            self.sockets.guarding.used["s", TARGET] = Keys(self.public("own"), self.public("server"), TCP)

    def public(self, name: str) -> str:
        return read_pair(f"{self.keys}/{name}.key_secret").public

    def rotate(self, name: str, until: float) -> None:
        keep(self.keys, name, read_pair(f"{self.keys}/{name}.key_secret"), until)
        write_pair(self.keys, name, fresh(name), replace=True)


class TestServer:
    def test_it_opens_its_port_once_more_and_in_the_end_alone(self, tmp_path: Path) -> None:
        world = World(tmp_path, "PULL", server=True)
        world.rekeying.tick(0, 0)
        assert world.sockets.done == []
        world.rotate("own", until=100)
        world.rekeying.tick(1, 1)
        world.rekeying.tick(2, 2)
        assert world.sockets.done == [("anew", "s", TCP)], "once"
        world.sockets.guarding.bound("s", TCP, world.public("own"))
        world.rekeying.tick(3, 99)
        assert len(world.sockets.done) == 1
        world.rekeying.tick(4, 101)
        assert world.sockets.done[1:] == [("only", "s", world.public("own"))]


class TestClient:
    def test_a_push_tries_first(self, tmp_path: Path) -> None:
        world = World(tmp_path, "PUSH")
        world.rotate("own", until=100)
        new = (world.public("own"), world.public("server"))
        world.trials.good.add(new)
        assert world.rekeying.tick(0, 0) == pytest.approx(0.05), "it looks again soon"
        assert (world.trials.tried, world.trials.open) == ([new], 1)
        world.rekeying.tick(0.05, 0)
        assert world.sockets.done == [("moved", "s", new)]
        assert world.trials.open == 0
        world.rekeying.tick(2, 0)
        assert world.rekeying.tick(4, 0) is None
        assert len(world.sockets.done) == 1

    def test_keys_that_nobody_takes_are_tried_ever_more_rarely(self, tmp_path: Path) -> None:
        world = World(tmp_path, "PUSH")
        world.rotate("server", until=10_000)  # which has not opened its port anew
        for second in range(1000):
            world.rekeying.tick(second, second)
        assert world.sockets.done == [], "the connection that works stays"
        assert 3 < len(world.trials.tried) < 15
        world.rekeying.close()
        assert world.trials.open == 0

    def test_a_req_is_held_until_it_has_its_answer(self, tmp_path: Path) -> None:
        world = World(tmp_path, "REQ")
        world.rotate("own", until=100)
        world.trials.good.add((world.public("own"), world.public("server")))
        world.sockets.can_leave = False
        world.rekeying.tick(0, 0)
        world.rekeying.tick(1, 0)
        assert world.control.held
        assert world.sockets.done == []
        world.sockets.can_leave = True
        world.rekeying.tick(2, 0)
        assert len(world.sockets.done) == 1
        assert not world.control.held

    def test_a_receiver_waits_for_the_end_of_its_connection(self, tmp_path: Path) -> None:
        world = World(tmp_path, "SUB")
        world.rotate("own", until=0.5)
        world.rekeying.tick(0, 0)
        world.rekeying.tick(1, 1)
        assert world.sockets.done == []
        world.sockets.stands = DOWN
        world.rekeying.tick(2, 2)
        assert world.sockets.done == [("moved", "s", (world.public("own"), world.public("server")))]

    def test_a_trial_ends_with_its_link(self, tmp_path: Path) -> None:
        world = World(tmp_path, "PUSH")
        world.rotate("own", until=100)
        world.rekeying.tick(0, 0)
        assert world.trials.open == 1
        world.sockets.guarding.left("s", TCP)
        world.rekeying.tick(1, 0)
        assert world.trials.open == 0

    def test_of_several_server_keys_each_is_tried(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world = World(tmp_path, "PUSH")
        old = world.public("server")
        world.rotate("server", until=1000)
        own, new = world.public("own"), world.public("server")
        world.sockets.guarding.used["s", TARGET] = Keys(own, new, TCP)  # began after the rotation
        world.sockets.stands = FAILING  # and the server has its old key still
        for second in range(0, 8, 2):
            world.rekeying.tick(second, second)
        assert [pair for _, _, pair in world.sockets.done] == [(own, new), (own, old)] * 2
        assert capsys.readouterr().err.count("what was queued is lost") == 1
