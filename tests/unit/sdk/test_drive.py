"""The harness, and by way of it how nodes of every form are driven."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sdk import Node, NodeContext, NodeError, ParamsError, Peer, Socket, Timeout
from orchestrator.sdk.testing import With, drive


class Strategy(Node):
    """The example of the design."""

    def setup(self) -> None:
        self.last = 0.0

    def on_ticks(self, tick: dict[str, Any]) -> None:
        if tick["price"] > self.last:
            self.sockets.orders.send({"symbol": tick["symbol"], "qty": 1})
        self.last = tick["price"]


def test_a_class() -> None:
    prices = [{"symbol": "A", "price": p} for p in (1.0, 3.0, 2.0)]
    ran = drive(Strategy, sockets={"ticks": "SUB", "orders": "PUSH"}, feed={"ticks": prices})
    assert ran.sent == {"ticks": [], "orders": [{"symbol": "A", "qty": 1}, {"symbol": "A", "qty": 1}]}
    assert isinstance(ran.node, Strategy)
    assert ran.node.last == 2.0


def test_a_function_sends_its_result_on() -> None:
    assert drive(lambda n: n * 2, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [1, 2]}).sent["out"] == [
        2,
        4,
    ]


def test_none_is_not_sent_on_but_a_rep_answers() -> None:
    assert drive(lambda n: None, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [1]}).sent["out"] == []
    assert drive(lambda n: None, sockets={"q": "REP"}, feed={"q": [1]}).sent["q"] == [None]


def test_a_partial_and_a_callable_object() -> None:
    class Adder:
        def __call__(self, n: int) -> int:
            return n + 1

    both = {"in": "PULL", "out": "PUSH"}
    assert drive(partial(pow, 2), sockets=both, feed={"in": [5]}).sent["out"] == [32]
    assert drive(Adder(), sockets=both, feed={"in": [5]}).sent["out"] == [6]


def test_params_are_keyword_arguments() -> None:
    def scale(number: float, factor: float, offset: float = 0.0) -> float:
        return number * factor + offset

    ran = drive(scale, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [2]}, params={"factor": 10})
    assert ran.sent["out"] == [20]


def test_annotated_params_are_checked_and_made_what_they_say() -> None:
    class Side(enum.Enum):
        BUY = "buy"

    def label(number: float, side: Side, factor: float = 1.0, *, where: Path | None = None) -> str:
        return f"{number * factor} {side.name} {type(factor).__name__} {where}"

    label.__annotations__.update(side=Side, factor=float, where=Path | None)
    both = {"in": "PULL", "out": "PUSH"}
    params: dict[str, Any] = {"side": "buy", "factor": 2, "where": "/tmp"}
    ran = drive(label, sockets=both, feed={"in": [1]}, params=params)
    assert ran.sent["out"] == ["2.0 BUY float /tmp"]  # what no topology can hold is left as it is
    with pytest.raises(ParamsError, match=r"params.side is 'sell', .*; params.factor is 'x', expected float"):
        drive(label, sockets=both, params={"side": "sell", "factor": "x"})


def test_the_second_argument_is_the_topic() -> None:
    def label(price: float, topic: str) -> str:
        return f"{topic}={price}"

    ran = drive(label, sockets={"in": "SUB", "out": "PUSH"}, feed={"in": [With(1.5, "AAPL")]})
    assert ran.sent["out"] == ["AAPL=1.5"]


def test_a_router_replies_to_who_asked() -> None:
    def answer(question: str, peer: Peer) -> str:
        return f"{question}, {peer}"

    one, two = Peer((b"one",)), Peer((b"two", b""))
    ran = drive(answer, sockets={"q": "ROUTER"}, feed={"q": [With("hi", one), With("ho", two)]})
    assert ran.sent["q"] == ["hi, one", "ho, two"]
    assert ran.marked["q"] == [one, two]


def test_a_source_runs_to_its_end() -> None:
    def source(count: int) -> Iterator[int | None]:
        for n in range(count):
            yield n
            yield None

    assert drive(source, sockets={"out": "PUSH"}, params={"count": 3}).sent["out"] == [0, 1, 2]


def test_an_endless_source_is_stopped() -> None:
    def source(node: NodeContext) -> Iterator[int]:
        while node.sleep(1.5):
            yield 1

    ran = drive(source, sockets={"out": "PUSH"}, limit=7)
    assert ran.sent["out"] == [1, 1, 1]
    assert ran.slept_s == 6.0


def test_a_generator_on_a_req_is_given_the_replies() -> None:
    def ask() -> Iterator[Any]:
        assert (yield "one?") == 1
        assert (yield "two?") == 2

    assert drive(ask, sockets={"q": "REQ"}, feed={"q": [1, 2]}).sent["q"] == ["one?", "two?"]


def test_a_req_as_a_parameter_is_the_socket() -> None:
    """As a message it would wait for ever, and say nothing: a REQ hears only what it has asked for."""

    def ask(node: NodeContext, q) -> None:  # type: ignore[no-untyped-def]
        assert q.request("one?") == 1
        node.stop()

    assert drive(ask, sockets={"q": "REQ"}, feed={"q": [1]}).sent["q"] == ["one?"]


def test_a_handler_of_messages_that_never_come_is_refused() -> None:
    def handle(message: int) -> None:
        raise AssertionError(message)

    with pytest.raises(NodeError, match="q is a REQ: nothing arrives before it has asked"):
        drive(handle, sockets={"q": "REQ"})


def test_a_generator_per_message() -> None:
    def split(line: str) -> Iterator[str]:
        yield from line.split()

    ran = drive(split, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": ["a b", "c"]})
    assert ran.sent["out"] == ["a", "b", "c"]


def test_a_loop_of_its_own_ends_with_the_feed() -> None:
    def route(work: Socket, odd: Socket, even: Socket) -> None:
        for n in work:
            (odd if n % 2 else even).send(n)

    ran = drive(route, sockets={"work": "PULL", "odd": "PUSH", "even": "PUSH"}, feed={"work": [1, 2, 3]})
    assert ran.sent == {"work": [], "odd": [1, 3], "even": [2]}


def test_a_sending_socket_beside_the_message() -> None:
    def tee(message: str, log: Socket) -> str:
        log.send(f"saw {message}")
        return message

    ran = drive(tee, sockets={"in": "PULL", "out": "PUSH", "log": "PUB"}, feed={"in": ["x"]})
    assert ran.sent == {"in": [], "out": ["x"], "log": ["saw x"]}


def test_one_parameter_named_like_the_socket_is_the_message() -> None:
    def sink(number: int) -> int:
        return number

    assert drive(sink, sockets={"number": "PULL", "out": "PUSH"}, feed={"number": [4]}).sent["out"] == [4]


def test_unless_it_is_annotated_as_a_socket() -> None:
    def sink(numbers: Socket) -> int:
        return sum(numbers)

    assert drive(sink, sockets={"numbers": "PULL", "out": "PUSH"}, feed={"numbers": [4, 5]}).sent["out"] == [
        9
    ]


def test_async_forms() -> None:
    class Server(Node):
        async def setup(self) -> None:
            self.lock = asyncio.Lock()

        async def on_q(self, n: int) -> int:
            async with self.lock:
                await asyncio.sleep(0)
            return n + 1

    async def source() -> AsyncIterator[int]:
        for n in range(2):
            yield n

    async def handler(n: int) -> int:
        return n * 3

    assert drive(Server, sockets={"q": "REP"}, feed={"q": [1, 2]}).sent["q"] == [2, 3]
    assert drive(source, sockets={"out": "PUSH"}).sent["out"] == [0, 1]
    assert drive(handler, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [2]}).sent["out"] == [6]


def test_messages_take_the_way_through_a_codec() -> None:
    ran = drive(
        lambda m: {"t": (1, 2)},
        sockets={"in": "PULL", "out": "PUSH"},
        feed={"in": [0]},
        codecs={"out": "json"},
    )
    assert ran.sent["out"] == [{"t": [1, 2]}]


def test_request_takes_the_reply_from_the_feed() -> None:
    class Client(Node):
        def on_in(self, n: int) -> None:
            self.sockets.out.send(self.sockets.q.request(n))

    feed = [("q", "reply"), ("in", 1)]
    assert drive(Client, sockets={"in": "PULL", "q": "REQ", "out": "PUSH"}, feed=feed).sent["out"] == [
        "reply"
    ]


def test_a_timeout_without_a_clock() -> None:
    class Client(Node):
        def run(self) -> None:
            self.sockets.q.request(1, timeout=60)

    with pytest.raises(Timeout, match="'q'"):
        drive(Client, sockets={"q": "REQ"})


def test_stop_ends_the_node_and_teardown_is_called() -> None:
    class Task(Node):
        torn_down = False

        def on_in(self, n: int) -> None:
            self.sockets.out.send(n)
            self.stop()

        def teardown(self) -> None:
            self.torn_down = True

    ran = drive(Task, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [1, 2]})
    assert ran.sent["out"] == [1]
    assert ran.node.torn_down  # type: ignore[union-attr]


def test_what_a_node_sees_of_its_place() -> None:
    class Looks(Node):
        def run(self) -> None:
            self.sockets.out.send(
                [self.name, self.replica, self.params.rate, self.params["rate"], self.stopping]
            )

    ran = drive(Looks, sockets={"out": "PUSH"}, params={"rate": 3}, name="looks-2", replica=2)
    assert ran.sent["out"] == [["looks-2", 2, 3, 3, False]]


@pytest.mark.parametrize(
    ("target", "sockets", "params", "error", "text"),
    [
        (
            lambda n: n,
            {"out": "PUSH"},
            {},
            NodeError,
            "takes a message, and none of the node's sockets receives",
        ),
        (lambda n: n, {"a": "PULL", "b": "SUB"}, {}, NodeError, "one receiving socket, and there are a, b"),
        (lambda: None, {"a": "PULL"}, {}, NodeError, "socket 'a' receives, and"),
        (
            lambda n, t, x: n,
            {"a": "SUB"},
            {},
            ParamsError,
            "takes n, t, x: more than a message and its topic",
        ),
        (lambda n, *, rate: n, {"a": "SUB"}, {}, ParamsError, "the param 'rate' is missing"),
        (lambda n: n, {"a": "SUB"}, {"rate": 1}, ParamsError, "takes no param 'rate'"),
        (dict, {}, {}, NodeError, "dict is a class that does not derive from Node"),
        (3, {}, {}, NodeError, "3 is no class and no function"),
        (
            Strategy,
            {"tick": "SUB", "orders": "PUSH"},
            {},
            NodeError,
            "has no method on_tick (did you mean on_ticks?)",
        ),
    ],
)
def test_what_cannot_start_says_why(target: Any, sockets: Any, params: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        drive(target, sockets=sockets, params=params)
    assert text in caught.value.message


def test_a_result_that_has_nowhere_to_go() -> None:
    with pytest.raises(NodeError, match="returned int, and the node has the sending sockets a, b"):
        drive(lambda n: n, sockets={"in": "PULL", "a": "PUSH", "b": "PUB"}, feed={"in": [1]})
    with pytest.raises(NodeError, match="returned int, and the node has no sending socket"):
        drive(lambda n: n, sockets={"in": "PULL"}, feed={"in": [1]})

    class Returns(Node):
        def on_in(self, n: int) -> int:
            return n

    with pytest.raises(NodeError, match=r"Returns.on_in returned int, and a PULL socket takes no reply"):
        drive(Returns, sockets={"in": "PULL", "out": "PUSH"}, feed={"in": [1]})


def test_a_nodes_params_are_checked() -> None:
    class Tuned(Node):
        @dataclass
        class Params:
            rate: float

    with pytest.raises(
        ParamsError, match=r"params.rat is not declared \(did you mean rate\?\); params.rate is missing"
    ):
        drive(Tuned, sockets={}, params={"rat": 1})


def test_a_router_without_a_peer() -> None:
    class Server(Node):
        def on_q(self, n: int) -> None:
            self.sockets.q.send(n)

    with pytest.raises(NodeError, match=r"say whom you mean"):
        drive(Server, sockets={"q": "ROUTER"}, feed={"q": [1]})


def test_an_unknown_socket_names_the_known_ones() -> None:
    def node(node: NodeContext) -> None:
        node.sockets.orders.send(1)

    with pytest.raises(AttributeError, match=r"no socket 'orders' \(it has: order-book\)"):
        drive(node, sockets={"order-book": "PUSH"})


def test_a_handler_without_a_socket_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    class Strategy(Node):
        def on_ticks(self, tick: int) -> None: ...

        def on_tick(self, tick: int) -> None: ...

    drive(Strategy, sockets={"ticks": "SUB"}, name="unused")
    assert capfd.readouterr().err == "Strategy.on_tick is never called: there is no such socket\n"
