"""`harness`: a node of any form, step by step, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from orchestrator.sdk import Node, NodeContext, NodeError, RequestError, RequestFailed, Timeout, every, on
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.testing import Frames, With, drive, harness

LINE = {"in": "PULL", "out": "PUSH"}


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


class Average(Node):
    def setup(self) -> None:
        self.seen: list[float] = []
        self.sockets.out.send("ready")

    def on_in(self, value: float) -> None:
        self.seen.append(value)
        self.counter("values", "", kind="any").add()

    @every("100ms")
    def tell(self) -> None:
        if self.seen:
            self.sockets.out.send(sum(self.seen) / len(self.seen))

    def teardown(self) -> None:
        self.sockets.out.send("bye")


class AsyncAverage(Average):
    async def on_in(self, value: float) -> None:  # type: ignore[override]
        await asyncio.sleep(0.03)
        super().on_in(value)


class OwnLoop(Average):
    def run(self) -> None:
        for value in self.sockets["in"]:
            super().on_in(value)


class AsyncTimer(Average):
    @every("100ms")
    async def tell(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().tell()


@pytest.mark.parametrize("form", [Average, AsyncAverage, OwnLoop, AsyncTimer])
def test_messages_and_time(form: type[Node]) -> None:
    with harness(form, sockets=LINE) as run:
        assert run.new("out") == ["ready"]
        run.feed("in", 1, 3)
        assert run.new("out") == []
        run.advance("99ms")
        assert run.new("out") == []
        run.advance("1ms")
        assert run.new("out") == [2.0]
        for _ in range(9):  # their sum is not exactly a second
            run.advance(0.1)
        assert run.new("out") == [2.0] * 9
        assert run.now == pytest.approx(1.0)
        assert run.counters["in"].received == 2
        assert run.meters == {'values{kind="any"}': 2}
        assert run.node.seen == [1, 3]
        assert not run.ended
    assert run.ended
    assert run.new("out") == ["bye"]
    assert run.sent["out"][0] == "ready"


def test_a_handler_that_sleeps_goes_on_when_time_has_passed() -> None:
    class Slow(Node):
        def on_in(self, message: str) -> None:
            self.sleep(2)
            self.sockets.out.send(message)

    with harness(Slow, sockets=LINE) as run:
        run.feed("in", "a", "b")
        run.advance(1.9)
        assert run.sent["out"] == []
        run.advance(0.2)
        assert run.sent["out"] == ["a"]
        run.advance(2)
        assert run.sent["out"] == ["a", "b"]
        assert run.slept_s == 4


def test_messages_of_one_socket_wait_for_one_another_on_asyncio_and_those_of_two_do_not() -> None:
    class Slow(Node):
        async def on_in(self, message: str) -> None:
            await asyncio.sleep(1)
            self.sockets.out.send(message)

        async def on_other(self, message: str) -> None:
            self.sockets.out.send(message)

    with harness(Slow, sockets={**LINE, "other": "PULL"}) as run:
        run.feed("in", "a", "b")
        run.feed("other", "c")
        assert run.sent["out"] == ["c"]
        run.advance("1s")
        assert run.sent["out"] == ["c", "a"]
        run.advance("1s")
        assert run.sent["out"] == ["c", "a", "b"]


def clock(node: NodeContext, rate: float) -> Iterator[int]:
    number = 0
    while node.sleep(1 / rate):
        yield number
        number += 1


async def aclock(rate: float) -> AsyncIterator[int]:
    number = 0
    while True:
        await asyncio.sleep(1 / rate)
        yield number
        number += 1


@every("250ms")
def ticks(rate: float) -> Iterator[int]:
    yield from range(100)


def own(out: Any, node: NodeContext, rate: float) -> None:
    number = 0
    while node.sleep(1 / rate):
        out.send(number)
        number += 1


async def aown(out: Any, rate: float) -> None:
    for number in range(100):
        await asyncio.sleep(1 / rate)
        out.send(number)


@pytest.mark.parametrize("source", [clock, aclock, ticks, own, aown])
def test_sources_keep_to_the_clock(source: Any) -> None:
    with harness(source, sockets={"out": "PUSH"}, params={"rate": 4}) as run:
        run.advance("600ms")
        assert run.new("out") == [0, 1]
        run.advance("150ms")
        assert run.new("out") == [2]


def test_ten_tenths_of_a_second_are_one() -> None:
    @every("1s")
    def tick() -> int:
        return 1

    with harness(tick, sockets={"out": "PUSH"}) as run:
        for _ in range(10):
            run.advance(0.1)  # 0.9999999999999999 in all
        assert run.sent["out"] == [1]


def test_who_waits_for_no_time_at_all_goes_on() -> None:
    def polite(out: Any, node: NodeContext) -> None:
        for number in range(3):
            node.sleep(0)
            out.send(number)

    with harness(polite, sockets={"out": "PUSH"}) as run:
        assert run.sent["out"] == [0, 1, 2]


def test_functions() -> None:
    with harness(lambda message: message * 2, sockets=LINE) as run:
        run.feed("in", 1, 2)
        assert run.sent["out"] == [2, 4]

    def split(line: str) -> Iterator[str]:
        yield from line.split()

    with harness(split, sockets=LINE) as run:
        run.feed("in", "a b")
        assert run.sent["out"] == ["a", "b"]

    def route(work: Any, odd: Any, even: Any) -> None:
        for number in work:
            (odd if number % 2 else even).send(number)

    with harness(route, sockets={"work": "PULL", "odd": "PUSH", "even": "PUSH"}) as run:
        run.feed("work", 1, 2)
        assert run.sent == {"work": [], "odd": [1], "even": [2]}


def test_a_loop_that_gives_up_waiting() -> None:
    def patient(inbox: Any, out: Any) -> None:
        try:
            out.send(inbox.recv(timeout=5))
            inbox.recv(timeout=5)
        except Timeout:
            out.send("nothing more")

    with harness(patient, sockets={"inbox": "PULL", "out": "PUSH"}) as run:
        run.advance(4)
        run.feed("inbox", "a")
        run.advance(4.9)
        assert run.sent["out"] == ["a"]
        run.advance(0.1)
        assert run.sent["out"] == ["a", "nothing more"]
        assert run.ended


class Service(Node):
    def setup(self) -> None:
        self.peers: list[Any] = []

    def on_asked(self, question: str, peer: Any) -> str | None:
        self.peers.append(peer)
        if question == "now":
            return "here"
        self.reply("soon")
        return None

    @every("1s")
    def later(self) -> None:
        for peer in self.peers:
            peer.reply("late")


def test_routers() -> None:
    ann, ben = Peer((b"ann",)), Peer((b"ben",))
    with harness(Service, sockets={"asked": "ROUTER"}) as run:
        run.feed("asked", With("now", ann), With("then", ben))
        assert run.sent["asked"] == ["here", "soon"]
        assert run.marked["asked"] == [ann, ben]
        run.advance(1)
        assert run.sent["asked"][2:] == ["late", "late"]
        assert run.marked["asked"][2:] == [ann, ben]


def test_a_rep_answers_by_return_value() -> None:
    with harness(lambda question: question.upper(), sockets={"asked": "REP"}) as run:
        run.feed("asked", "a")
        assert run.sent["asked"] == ["A"]


class Buyer(Node):
    def on_in(self, symbol: str) -> None:
        try:
            self.sockets.out.send(self.sockets.prices.request(symbol, timeout=1))
        except (RequestFailed, Timeout) as error:
            self.sockets.out.send(type(error).__name__)


class AsyncBuyer(Node):
    async def on_in(self, symbol: str) -> None:
        try:
            self.sockets.out.send(await self.sockets.prices.request(symbol, timeout=1))
        except (RequestFailed, Timeout) as error:
            self.sockets.out.send(type(error).__name__)


BUYER = {**LINE, "prices": "REQ"}


def price(symbol: str) -> float:
    if symbol == "?":
        raise RequestError("unknown", "no such symbol")
    return {"A": 1.5}[symbol]


@pytest.mark.parametrize("buyer", [Buyer, AsyncBuyer])
def test_requests_are_answered_by_a_function_of_the_test(buyer: type[Node]) -> None:
    with harness(buyer, sockets=BUYER, answers={"prices": price}) as run:
        run.feed("in", "A", "?")
        assert run.sent["out"] == [1.5, "RequestFailed"]
        assert run.sent["prices"] == ["A", "?"]
    assert drive(buyer, sockets=BUYER, feed={"in": ["A"]}, answers={"prices": price}).sent["out"] == [1.5]


@pytest.mark.parametrize("buyer", [Buyer, AsyncBuyer])
def test_or_by_what_it_feeds_or_not_at_all(buyer: type[Node]) -> None:
    with harness(buyer, sockets=BUYER) as run:
        run.feed("in", "A")
        assert run.new("out") == []
        run.feed("prices", 2.5)
        assert run.new("out") == [2.5]
        run.feed("in", "A")
        run.advance("1s")
        assert run.new("out") == ["Timeout"]


def test_a_dealer_that_is_answered() -> None:
    class Asks(Node):
        def on_in(self, message: str) -> None:
            self.sockets.service.send(message)

        def on_service(self, reply: str) -> None:
            self.sockets.out.send(reply)

    sockets = {**LINE, "service": "DEALER"}
    with harness(Asks, sockets=sockets, answers={"service": str.upper}) as run:
        run.feed("in", "a", "b")
        assert run.sent["out"] == ["A", "B"]


class Topics(Node):
    def on_ticks(self, tick: str, topic: str) -> None:
        self.sockets.out.send(tick, topic=f"other.{topic}")

    @on("ticks", topic="fx.*")
    def fx(self, tick: str) -> None:
        self.sockets.out.send("fx", topic="fx")


def test_topics() -> None:
    with harness(Topics, sockets={"ticks": "SUB", "out": "PUB"}) as run:
        run.feed("ticks", With(1, "fx.eur"), With(2, "stocks"))
        assert run.sent["out"] == ["fx", 2]
        assert run.marked["out"] == ["fx", "other.stocks"]


@dataclass
class Tick:
    price: float


class Typed(Node):
    def on_in(self, tick: Tick) -> None:
        self.sockets.out.send(1 / tick.price)


class AsyncTyped(Node):
    async def on_in(self, tick: Tick) -> None:
        self.sockets.out.send(1 / tick.price)


@pytest.mark.parametrize("form", [Typed, AsyncTyped])
def test_what_cannot_be_read_and_what_cannot_be_handled(form: type[Node]) -> None:
    sockets = {**LINE, "dead": "PUSH"}
    with harness(
        form, sockets=sockets, codecs={"in": "json"}, on_error="dead-letter", dead_letter="dead"
    ) as run:
        run.feed("in", Tick(2.0), Frames(b'{"price": 4}'), Frames(b"no json"), Frames(b'{"price": "x"}'))
        run.feed("in", Tick(0.0))
        assert run.sent["out"] == [0.5, 0.25]
        counters = run.counters["in"]
        assert (counters.received, counters.undecodable, counters.failed) == (3, 2, 1)
        letters = [
            (json.loads(head)["reason"].partition(":")[0], *frames) for head, *frames in run.new("dead")
        ]
        assert [frames for _, *frames in letters] == [[b"no json"], [b'{"price": "x"}'], [b'{"price":0.0}']]
        assert letters[2][0] == "ZeroDivisionError"


def test_an_error_ends_the_node_and_comes_out_of_the_step() -> None:
    with harness(Typed, sockets=LINE) as run:
        run.feed("in", Tick(1.0))
        with pytest.raises(ZeroDivisionError):
            run.feed("in", Tick(0.0))
        assert run.ended
        with pytest.raises(NodeError, match="has ended"):
            run.feed("in", Tick(1.0))
        run.advance(1)

    class Bad(Node):
        def setup(self) -> None:
            raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"), harness(Bad, sockets={}):
        raise AssertionError
    with pytest.raises(NodeError), harness(Typed, sockets={"other": "PULL"}):
        raise AssertionError


def test_errors_of_timers() -> None:
    class Bad(Node):
        @every("1s")
        def tick(self) -> None:
            raise ValueError("tick")

    with harness(Bad, sockets={}) as run, pytest.raises(ValueError, match="tick"):
        run.advance(1)
    with harness(Bad, sockets={}, on_error="skip") as run:
        run.advance(3)
        assert run.meters == {'timer_errors{timer="tick"}': 3}


class Sender(Node):
    def on_in(self, message: str) -> None:
        if not self.sockets.out.try_send(message):
            self.counter("lost").add()

    @every("1s")
    def tick(self) -> None:
        self.sockets.out.send("tick")


def test_a_socket_without_room() -> None:
    with harness(Sender, sockets=LINE) as run:
        run.block("out")
        run.feed("in", "a")
        assert run.meters == {"lost": 1}
        run.advance(1)
        run.feed("in", "b")
        assert run.sent["out"] == []
        run.unblock("out")
        assert run.sent["out"] == ["tick", "b"]


def test_waiting_for_room_on_asyncio() -> None:
    async def careful(work: Any, out: Any) -> None:
        for number in range(2):
            await out.room()
            out.send(number)
        await asyncio.sleep(1000)

    with harness(careful, sockets={"work": "PULL", "out": "PUSH"}) as run:
        assert run.sent["out"] == [0, 1]


def test_many_at_once() -> None:
    with harness(lambda out, node: out.send_many([1, 2]), sockets={"out": "PUSH"}) as run:
        assert run.sent["out"] == [1, 2]
        assert run.ended


def test_what_goes_on_for_ever_is_stopped() -> None:
    def busy() -> Iterator[int]:
        while True:
            yield 1

    with harness(busy, sockets={"out": "PUSH"}, limit=50) as run:
        assert run.ended
        assert len(run.sent["out"]) == 50

    def deaf(out: Any, node: NodeContext) -> None:
        while True:
            node.sleep(1)

    with harness(deaf, sockets={"out": "PUSH"}) as run:
        run.advance(3)
        assert not run.ended
    assert run.ended


def test_a_node_that_stops_itself() -> None:
    class Once(Node):
        def on_in(self, message: str) -> None:
            self.stop()

        def teardown(self) -> None:
            self.sockets.out.send("bye")

    with harness(Once, sockets=LINE) as run:
        run.feed("in", "a")
        assert run.ended
        assert run.sent["out"] == ["bye"]


def test_a_test_that_fails_is_what_is_told() -> None:
    with pytest.raises(AssertionError, match="this"), harness(Average, sockets=LINE) as run:
        run.feed("in", 1)
        raise AssertionError("this")
    assert run.ended


class Threaded(Node):
    async def on_in(self, message: int) -> None:
        self.sockets.out.send(await asyncio.to_thread(lambda: message + 1))


def test_threads_of_a_handler_are_waited_for() -> None:
    assert drive(Threaded, sockets=LINE, feed={"in": [1, 2]}).sent["out"] == [2, 3]
    with harness(Threaded, sockets=LINE) as run:
        run.feed("in", 1)
        assert run.sent["out"] == [2]
