"""Short words for pictures."""

from __future__ import annotations

import pytest

from orchestrator.model.types import Socket
from orchestrator.render.wording import cut, cut_end, short_address, topics
from orchestrator.span import NOWHERE
from orchestrator.vocabulary import SocketType


@pytest.mark.parametrize(
    ("address", "replicas", "short"),
    [
        ("tcp://127.0.0.1:5556", 1, ":5556"),
        ("tcp://localhost:5556", 1, ":5556"),
        ("tcp://[::1]:5556", 1, ":5556"),
        ("tcp://*:5556", 1, "*:5556"),
        ("tcp://*:5556", 3, "*:5556–5558"),
        ("tcp://127.0.0.1:*", 1, ":*"),
        ("tcp://127.0.0.1:*", 3, ":*"),
        ("tcp://10.0.0.5:9000", 1, "10.0.0.5:9000"),
        ("tcp://[fe80::1]:9000", 1, "[fe80::1]:9000"),
        ("ipc:///tmp/deep/down/ticks.sock", 1, "ipc ticks.sock"),
        ("ipc:///tmp/dir/", 1, "ipc dir"),
        ("ipc://@name", 1, "ipc @name"),
        ("inproc://work", 1, "inproc work"),
        ("auto", 1, "auto"),
    ],
)
def test_addresses_are_said_as_people_say_them(address: str, replicas: int, short: str) -> None:
    assert short_address(address, replicas) == short


def test_an_address_that_only_a_run_can_tell_is_shown_as_it_is_written() -> None:
    assert short_address("ipc://${{ run.dir }}/x") == "ipc x"
    assert short_address("tcp://127.0.0.1:${{ replica.index }}", 2) == "tcp://127.0.0.1:${{ r…a.index }}"


def test_long_names_lose_their_middle_and_prose_its_end() -> None:
    assert cut("abcdefghij", 10) == "abcdefghij"
    assert cut("abcdefghijkl", 10) == "abcdef…jkl"
    assert cut_end("some words  and\nmore", 12) == "some words…"
    assert len(cut("x" * 500, 40)) == len(cut_end("x" * 500, 40)) == 40


def pub(*names: str) -> Socket:
    return Socket(node="a", name="x", type=SocketType.PUB, span=NOWHERE, path=(), topics=names)


def sub(*names: str) -> Socket:
    return Socket(node="b", name="x", type=SocketType.SUB, span=NOWHERE, path=(), subscribe=names)


def test_a_subscription_goes_before_what_is_sent() -> None:
    assert topics(pub("A", "B"), sub("A")) == "A"
    assert topics(pub("A", "B"), sub("")) == "A, B"
    assert topics(None, sub("")) is None
    assert topics(pub("A", "B", "C", "D", "E"), None) == "A, B, C +2"


def test_topics_that_cannot_be_printed_are_escaped() -> None:
    assert topics(pub("\x01a\n"), None) == r"\x01a\n"
