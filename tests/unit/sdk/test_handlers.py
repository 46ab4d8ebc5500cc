"""Which method handles what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.sdk import Node, on
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.handlers import Handling, handlings, message_type, unhandled
from orchestrator.sdk.forms.topics import by_topic
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from decimal import Decimal

T = SocketType


@dataclass
class Tick:
    price: float


class Desk(Node):
    def on_orders(self, order: Any) -> None: ...

    @on("ticks", topic="AAPL")
    @on("ticks", topic="fx.*")
    def chosen(self, tick: Tick) -> None: ...

    @on("book-keeping")
    def keep(self, entry: Any) -> None: ...


GIVEN = {"orders": T.PULL, "ticks": T.SUB, "book_keeping": T.PULL, "out": T.PUSH}


def test_each_socket_with_its_methods() -> None:
    assert handlings(Desk, GIVEN) == {
        "orders": Handling(default="on_orders"),
        "ticks": Handling(default=None, topics=(("AAPL", "chosen"), ("fx.*", "chosen"))),
        "book_keeping": Handling(default="keep"),
    }
    assert unhandled(Desk, GIVEN) == []


def test_what_nobody_handles() -> None:
    assert unhandled(Desk, GIVEN | {"order": T.PULL, "asked": T.REP, "pair": T.PAIR}) == [
        "socket 'order' receives, and Desk has no method on_order (did you mean on_orders?)",
        "socket 'asked' receives, and Desk has no method on_asked",
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"orders": T.PULL, "tick": T.SUB}, "chosen handles the socket 'ticks', and there is none"),
        (GIVEN | {"ticks": T.PULL}, "handles a topic of ticks, and a PULL has no topics"),
    ],
)
def test_a_mark_that_does_not_fit(given: dict[str, SocketType], told: str) -> None:
    with pytest.raises(NodeError, match=told):
        handlings(Desk, {"book_keeping": T.PULL} | given)


def test_two_for_the_same() -> None:
    class Twice(Node):
        def on_a(self, message: Any) -> None: ...

        @on("a")
        def b(self, message: Any) -> None: ...

    class Topics(Node):
        @on("a", topic="x")
        def b(self, message: Any) -> None: ...

        @on("a", topic="x")
        def c(self, message: Any) -> None: ...

    with pytest.raises(NodeError, match="on_a and b both handle a"):
        handlings(Twice, {"a": T.SUB})
    with pytest.raises(NodeError, match="b and c both handle the topic 'x'"):
        handlings(Topics, {"a": T.SUB})


def test_the_closest_topic_wins() -> None:
    took: list[str] = []
    named = {
        key: (lambda message, topic, key=key: took.append(key))
        for key in ("fx.*", "fx.EUR*", "fx.EURUSD", "*")
    }
    call = by_topic(named, None)
    for topic in ("fx.USD", "fx.EURCHF", "fx.EURUSD", "x", "fx.USD"):
        call(None, topic)
    assert took == ["fx.*", "fx.EUR*", "fx.EURUSD", "*", "fx.*"]


def test_what_no_topic_names() -> None:
    took: list[Any] = []
    call = by_topic({"A": lambda m, t: took.append("A")}, lambda m, t: took.append((m, t)))
    for topic in ("A", "AA", None):
        call(1, topic)
    assert took == ["A", (1, "AA"), (1, None)]
    assert by_topic({"A": lambda m, t: 1}, None)(1, "B") is None
    assert by_topic({"A*": lambda m, t: 1}, None)(1, None) is None


def test_the_type_of_a_handlers_message() -> None:
    class Typed(Node):
        def plain(self, tick): ...  # type: ignore[no-untyped-def]

        def record(self, tick: Tick) -> None: ...

        def hidden(self, tick: Decimal) -> None: ...

    node = Typed.__new__(Typed)
    assert message_type(node.plain) == (None, None)
    assert message_type(node.record) == (Tick, None)
    assert message_type(node.hidden) == (None, "Decimal")
    assert message_type(lambda tick: None) == (None, None)
