"""Ending one process: who is asked to hold, in what order things are said, and what is not waited for."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.draining import Drains
from orchestrator.supervision.testing import World, make_plan, make_unit
from orchestrator.vocabulary import SocketType
from orchestrator.wire.control import Kind
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch


def node(name: str, *, python: bool = True, **sockets: str) -> UnitPlan:
    """`out="PUSH in.work"` connects to the socket `work` of `in`; `work="PULL"` binds."""
    made = []
    for socket, text in sockets.items():
        kind, *targets = text.split()
        targets = [target.split(".") for target in targets]
        made.append(
            SocketLaunch(
                name=socket,
                type=SocketType(kind),
                binds=() if targets else (f"ipc:///run/{name}.{socket}",),
                connects=tuple(
                    ConnectTarget(address=f"ipc:///run/{a}.{b}")
                    if not python
                    else ConnectTarget(address=None, instance=a, socket=b)
                    for a, b in targets
                ),
            )
        )
    launch = InstanceLaunch(instance=name, node=name, replica=0, target="m:n", sockets=tuple(made))
    return make_unit(name, python=python, instances=(launch,))


class Control:
    """What is said to the units."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.deaf: set[str] = set()
        self.on_held: Callable[[str, object], None] = lambda unit, number: None

    def command(self, unit: str, kind: Kind, body: dict[str, Any]) -> bool:
        if unit in self.deaf:
            return False
        sockets = ",".join(socket for _, socket in body.get("sockets", ()))
        self.said.append(f"{kind} {unit} {body['hold']} {sockets}".strip())
        return True

    def stop(self, unit: str, reason: str, *, drain_s: float) -> bool:
        assert 0 < drain_s <= 5
        if unit in self.deaf:
            return False
        self.said.append(f"STOP {unit}")
        return True


class Stage:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, *units: UnitPlan) -> None:
        self.control, self.world = Control(), World(make_plan(*units))
        self.world.start()
        self.later: list[tuple[float, Callable[[], None]]] = []
        monkeypatch.setattr("orchestrator.runtime.draining.asyncio.get_running_loop", lambda: self)
        self.drains = Drains(
            self.control,  # type: ignore[arg-type]
            lambda: self.world.state,
            lambda unit, attempt, number: self.control.said.append(f"signal {number} {unit} {attempt}"),
        )

    def call_later(self, delay: float, call: Callable[..., None], *args: Any) -> Any:
        self.later.append((delay, lambda: call(*args)))
        return self

    def cancel(self) -> None:
        """As the handle of a timer."""

    def begin(self, name: str) -> None:
        self.drains.begin(self.world.unit(name).plan, 1)

    def said(self) -> list[str]:
        found, self.control.said = self.control.said, []
        return found


CHAIN = (
    node("source", out="PUSH"),
    node("worker", work="PULL source.out", out="PUSH sink.work"),
    node("sink", work="PULL"),
)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch, *CHAIN)


def test_senders_hold_then_it_ends_then_they_go_on(stage: Stage) -> None:
    stage.begin("worker")
    assert stage.said() == ["HOLD source 1 out"]
    stage.control.on_held("source", 1)
    assert stage.said() == ["STOP worker"]
    stage.drains.ended("worker")
    assert stage.said() == []  # the end of the connection has to get about
    stage.later[-1][1]()
    assert stage.said() == ["RELEASE source 1"]


def test_what_nobody_sends_to_ends_at_once(stage: Stage) -> None:
    stage.begin("source")
    assert stage.said() == ["STOP source"]


def test_a_sender_that_does_not_answer_is_not_waited_for_long(stage: Stage) -> None:
    stage.begin("worker")
    stage.said()
    delay, call = stage.later[0]
    assert delay <= 0.5
    call()
    assert stage.said() == ["STOP worker"]
    stage.control.on_held("source", 1)
    assert stage.said() == []


@pytest.mark.parametrize("leave", [lambda s: s.control.deaf.add("source"), lambda s: s.world.exits("source")])
def test_one_that_cannot_be_asked_is_not_waited_for(stage: Stage, leave: Callable[[Stage], None]) -> None:
    leave(stage)
    stage.begin("worker")
    assert stage.said() == ["STOP worker"]


def test_a_sender_that_ends_meanwhile_is_not_waited_for(stage: Stage) -> None:
    stage.begin("worker")
    stage.said()
    stage.drains.ended("source")
    assert stage.said() == ["STOP worker"]
    stage.drains.ended("worker")
    assert stage.said() == []


@pytest.mark.parametrize("order", [["worker", "sink"], ["sink", "worker"]])
def test_of_two_that_end_together_the_one_downstream_is_last(stage: Stage, order: list[str]) -> None:
    for name in order:
        stage.begin(name)
    stage.control.on_held("source", order.index("worker") + 1)
    assert "STOP sink" not in stage.control.said
    assert stage.control.said.count("STOP worker") == 1
    holds = [s for s in stage.said() if "worker" in s and s.split()[0] in ("HOLD", "RELEASE")]
    assert holds in ([], ["HOLD worker 1 out", "RELEASE worker 1"])
    stage.drains.ended("worker")
    assert stage.said()[-1] == "STOP sink"


def test_circles_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(
        monkeypatch, node("a", out="PUSH b.work", work="PULL"), node("b", out="PUSH a.work", work="PULL")
    )
    stage.begin("a")
    stage.begin("b")
    assert "STOP a" in stage.said()
    stage.drains.ended("a")
    assert stage.said() == ["STOP b"]


def test_foreign_programs_get_their_signal_after_the_senders_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch, node("source", out="PUSH"), node("c", python=False, work="PULL source.out"))
    stage.begin("c")
    assert stage.said() == ["HOLD source 1 out"]
    stage.control.on_held("source", 1)
    assert stage.said() == ["STOP c", f"signal {int(signal.SIGTERM)} c 1"]


def test_a_node_that_cannot_be_told_gets_its_signal(stage: Stage) -> None:
    stage.control.deaf.add("source")
    stage.begin("source")
    assert stage.said() == [f"signal {int(signal.SIGTERM)} source 1"]


@pytest.mark.parametrize(
    ("sender", "receiver", "holds"),
    [
        ("REQ", "REP", True),
        ("DEALER", "ROUTER", True),
        ("DEALER", "DEALER", True),
        ("PAIR", "PAIR", True),
        ("ROUTER", "DEALER", False),
        ("REP", "REQ", False),
        ("PUB", "SUB", False),
    ],
)
def test_who_is_asked(monkeypatch: pytest.MonkeyPatch, sender: str, receiver: str, holds: bool) -> None:
    stage = Stage(monkeypatch, node("a", s=f"{sender} b.r"), node("b", r=receiver))
    stage.begin("b")
    assert ("HOLD a 1 s" in stage.said()) is holds
