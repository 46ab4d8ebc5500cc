"""Handlers as the loop calls them: types, topics, replies, errors."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.sdk import Answer, In, Node, Out, Peer, every, on
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.testing import Pause, With, drive


@dataclass
class Tick:
    symbol: str
    price: float


@dataclass
class Order:
    qty: int


class Desk(Node):
    ticks: In[Tick]
    orders: Out[Order]
    spare: Out[Any] | None

    def __init__(self) -> None:
        assert self.ticks is self.sockets.ticks  # they are there from the beginning
        assert self.spare is None
        self.seen: list[Any] = []

    def on_ticks(self, tick: Tick, topic: str | None) -> None:
        self.seen.append((topic, tick))
        self.orders.send(Order(round(tick.price)))

    @on("ticks", topic="TEST.*")
    def rehearsal(self, tick: Tick) -> None:
        self.seen.append(tick.symbol)


DESK = {"ticks": "SUB", "orders": "PUSH"}


def test_declared_sockets_and_their_types() -> None:
    feed = [With({"symbol": "A", "price": 2}, "A"), With({"symbol": "T", "price": 1}, "TEST.1")]
    for codecs in ({}, {"ticks": "json", "orders": "msgpack"}):
        ran = drive(Desk, sockets=DESK, feed={"ticks": feed}, codecs=codecs)
        assert ran.node.seen == [("A", Tick("A", 2.0)), "T"]  # type: ignore[union-attr]
        assert ran.sent["orders"] == [{"qty": 2} if codecs else Order(2)]


@pytest.mark.parametrize(
    ("sockets", "told"),
    [
        ({"ticks": "SUB"}, "Desk declares a socket orders, and the topology gives it none"),
        ({"ticks": "PUSH", "orders": "PUSH"}, "declares ticks as In, and the topology makes it a PUSH"),
        ({**DESK, "more": "PULL"}, "socket 'more' receives, and Desk has no method on_more"),
    ],
)
def test_sockets_that_do_not_fit(sockets: dict[str, str], told: str) -> None:
    with pytest.raises(NodeError, match=told):
        drive(Desk, sockets=sockets)


def test_a_declaration_and_a_handler_that_disagree() -> None:
    class Torn(Desk):
        def on_ticks(self, tick: Order) -> None: ...  # type: ignore[override]

    with pytest.raises(NodeError, match="In ticks has Tick, and on_ticks takes Order"):
        drive(Torn, sockets=DESK)


def test_a_function_with_types() -> None:
    def buy(tick: Tick, orders: Out[Order]) -> None:
        orders.send(Order(round(tick.price)))

    ran = drive(buy, sockets=DESK, feed={"ticks": [{"symbol": "A", "price": 3}]})
    assert ran.sent["orders"] == [Order(3)]
    with pytest.raises(NodeError, match="buy declares orders as Out, and the topology makes it a PULL"):
        drive(buy, sockets={"ticks": "SUB", "orders": "PULL"})


def test_a_socket_named_as_an_argument_is_the_socket_when_it_is_declared() -> None:
    def copy(ticks: In[Any]) -> None:
        assert list(ticks) == [1, 2]

    drive(copy, sockets={"ticks": "PULL"}, feed={"ticks": [1, 2]})


class Service(Node):
    asked: Answer[str, str]

    def setup(self) -> None:
        self.kept: list[Peer] = []

    def on_asked(self, question: str, peer: Peer) -> str | None:
        match question:
            case "return":
                return "returned"
            case "reply":
                self.reply("replied")
            case "keep":
                self.kept.append(peer)
            case "now":
                for one in self.kept:
                    one.reply("kept")
        return None


def test_all_ways_back() -> None:
    a, b = Peer((b"a",)), Peer((b"b", b""))
    feed = [With("keep", a), With("return", b), With("reply", b), With("now", b)]
    ran = drive(Service, sockets={"asked": "ROUTER"}, feed={"asked": feed})
    assert ran.sent["asked"] == ["returned", "replied", "kept"]
    assert ran.marked["asked"] == [b, b, a]


def test_a_rep_answers_once() -> None:
    ran = drive(Service, sockets={"asked": "REP"}, feed={"asked": ["return", "reply"]})
    assert ran.sent["asked"] == ["returned", "replied"]


def test_a_dealer_and_a_pair_answer_where_they_were_asked() -> None:
    def echo(message: str) -> str:
        return message.upper()

    class Echo(Node):
        def on_line(self, message: str) -> str:
            return message.upper()

    for kind in ("DEALER", "PAIR"):
        assert drive(Echo, sockets={"line": kind}, feed={"line": ["a"]}).sent["line"] == ["A"]
        assert drive(echo, sockets={"line": kind}, feed={"line": ["a"]}).sent["line"] == ["A"]


def test_a_reply_from_a_task() -> None:
    class Later(Node):
        async def on_asked(self, question: str, peer: Peer) -> None:
            async def answer() -> None:
                self.reply(question + "!")

            await asyncio.create_task(answer())

    one, two = Peer((b"1",)), Peer((b"2",))
    ran = drive(Later, sockets={"asked": "ROUTER"}, feed={"asked": [With("a", one), With("b", two)]})
    assert (ran.sent["asked"], ran.marked["asked"]) == (["a!", "b!"], [one, two])


def test_nobody_to_answer() -> None:
    class Lost(Node):
        def setup(self) -> None:
            self.reply("hello?")

    with pytest.raises(NodeError, match="reply\\(\\) outside a handler"):
        drive(Lost, sockets={})
    with pytest.raises(NodeError, match="came by no socket"):
        Peer((b"x",)).reply(1)


# ---------------------------------------------------------------- errors


class Fragile(Node):
    def on_jobs(self, job: Any) -> Any:
        return 1 / job

    def on_dead(self, letter: Any) -> None: ...


async def fragile(job: Any) -> float:
    return 1 / job


def generating(job: Any) -> Any:
    yield 1 / job
    yield 1 / (job - 1)


FORMS = [Fragile, lambda job: 1 / job, fragile]


@pytest.mark.parametrize("target", FORMS)
def test_by_default_an_error_ends_the_node(target: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        drive(target, sockets={"jobs": "REP"}, feed={"jobs": [0]})


@pytest.mark.parametrize("target", FORMS)
def test_an_error_is_passed_over_and_a_rep_still_answers(
    target: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = drive(target, sockets={"jobs": "REP"}, feed={"jobs": [1, 0, 0, 2]}, on_error="skip")
    assert ran.sent["jobs"] == [1.0, None, None, 0.5]
    assert ran.counters["jobs"].failed == 2
    assert (
        capsys.readouterr().err.count("ZeroDivisionError: division by zero") == 2
    )  # the traceback, and a count


def test_what_a_generator_has_sent_before_its_error_is_sent() -> None:
    ran = drive(generating, sockets={"jobs": "PULL", "out": "PUSH"}, feed={"jobs": [1, 2]}, on_error="skip")
    assert ran.sent["out"] == [1.0, 0.5, 1.0]


def test_a_result_that_cannot_be_sent_is_an_error_too() -> None:
    ran = drive(
        lambda job: object() if job else 1,
        sockets={"jobs": "PULL", "out": "PUSH"},
        codecs={"out": "json"},
        feed={"jobs": [1, 0]},
        on_error="skip",
    )
    assert (ran.sent["out"], ran.counters["jobs"].failed) == ([1], 1)


def test_dead_letters() -> None:
    ran = drive(
        Fragile,
        sockets={"jobs": "PULL", "dead": "PUSH"},
        feed={"jobs": [0]},
        on_error="dead-letter",
        dead_letter="dead",
    )
    [[head, *_frames]] = ran.sent["dead"]
    told = json.loads(head)
    assert (told["socket"], told["node"]) == ("jobs", "node")
    assert told["reason"].startswith("ZeroDivisionError: division by zero (test_receiving.py:")


def test_a_periodic_function_takes_no_message() -> None:
    @every("1s")
    def tick(message: Any) -> None: ...

    with pytest.raises(NodeError, match="tick is called every 1 s, and takes a message: message"):
        drive(tick, sockets={"in": "PULL"})


# ---------------------------------------------------------------- timers


class Steady(Node):
    def setup(self) -> None:
        self.seen: list[str] = []

    @every("1s")
    def tick(self) -> None:
        self.seen.append("tick")
        self.sockets.out.send(len(self.seen))

    @every(2.5)
    async def slow(self) -> None:
        await asyncio.sleep(0)
        self.seen.append("slow")

    def on_in(self, message: str) -> None:
        self.seen.append(message)


def test_timers_run_while_time_passes() -> None:
    ran = drive(
        Steady,
        sockets={"in": "PULL", "out": "PUSH"},
        feed=[("in", "a"), Pause(1.5), ("in", "b"), Pause(1.0)],
        seconds=0.6,
    )
    assert ran.node.seen == ["a", "tick", "b", "tick", "slow", "tick"]  # type: ignore[union-attr]
    assert ran.sent["out"] == [2, 4, 6]


def test_functions_and_generators_that_are_called_steadily() -> None:
    @every("100ms")
    def clock(node: Any) -> int:
        node.counter("calls").add()
        return 7

    @every("100ms")
    def numbers() -> Any:
        yield from range(3)

    @every("100ms")
    async def aclock() -> int:
        return 8

    @every("100ms")
    async def anumbers() -> Any:
        yield 1
        yield 2

    for target, sent in ((clock, [7] * 5), (numbers, [0, 1, 2]), (aclock, [8] * 5), (anumbers, [1, 2])):
        ran = drive(target, sockets={"out": "PUSH"}, seconds=0.55)
        assert ran.sent["out"] == sent, target
    assert drive(clock, sockets={"out": "PUSH"}, seconds=0.35).meters == {"calls": 3}


def test_sleep_lets_time_pass() -> None:
    class Own(Node):
        @every("1s")
        def tick(self) -> None:
            self.sockets.out.send(self.context.world.now)  # type: ignore[attr-defined]

        def run(self) -> None:
            self.sleep(2.2)

    assert drive(Own, sockets={"out": "PUSH"}).sent["out"] == [1.0, 2.0]
    assert drive(Own, sockets={"out": "PUSH"}, feed=[Pause(1)]).sent["out"] == [1.0, 2.0]
