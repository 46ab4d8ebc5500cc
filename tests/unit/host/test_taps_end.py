"""The end of a tap: the node's own thread takes it away, and no later tap with it."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

from orchestrator.host.orders import Tap
from orchestrator.host.taps import Taps


class Node:
    """As much of a node as a tap sees."""

    def __init__(self) -> None:
        self.socket: Any = SimpleNamespace(name="out", tap=None)
        control: Any = SimpleNamespace(sockets=[self.socket])
        self.taps = Taps(lambda: {"a": control})

    def order(self, number: int, seconds: float, now: float = 0.0) -> None:
        self.taps.order(
            Tap(number, (("a", "out"), ("a", "none"), ("b", "out")), "ipc:///nowhere", seconds), now
        )


def test_a_tap_is_put_on_and_taken_away_by_the_next_message() -> None:
    node = Node()
    node.order(1, 10.0)
    assert node.socket.tap is not None
    node.order(1, 0.0)
    last = node.socket.tap
    assert last is not None  # the node may be about to call it
    last([b"x"], True)
    assert node.socket.tap is None
    last([b"x"], True)  # a call that was on its way
    node.taps.close()


def test_an_ended_tap_takes_no_new_one_with_it() -> None:
    node = Node()
    node.order(1, 10.0)
    node.order(1, 0.0)
    ended = node.socket.tap
    node.order(2, 10.0)
    begun = node.socket.tap
    ended([b"x"], True)
    assert node.socket.tap is begun
    node.taps.close()


def test_a_tap_ends_by_itself_when_nobody_asks_for_it_again() -> None:
    node = Node()
    node.order(1, 10.0, now=100.0)
    node.order(1, 10.0, now=105.0)
    copier = node.socket.tap
    node.taps.tick(114.0)
    assert node.socket.tap is copier
    node.taps.tick(116.0)
    assert node.socket.tap is not copier
    node.taps.close()


def test_several_taps_of_one_socket() -> None:
    node = Node()
    before = threading.active_count()
    node.order(1, 10.0)
    one = node.socket.tap
    node.order(2, 10.0)
    assert node.socket.tap is not one
    node.socket.tap([b"x"], False)
    node.order(2, 0.0)
    assert node.socket.tap is one
    node.taps.close()
    assert threading.active_count() == before
