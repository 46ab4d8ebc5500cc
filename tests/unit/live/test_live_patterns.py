"""Who can join a link, and what is said where nobody can."""

from __future__ import annotations

from typing import Any

import pytest
from live_support import socket

from orchestrator.errors import RunError, UsageError
from orchestrator.live.board import Board, Link, LiveSocket
from orchestrator.live.patterns import (
    by_subscribing,
    disturbed_by_subscriber,
    no_tap,
    to_publish,
    to_request,
    to_send,
)

AT = ("ipc:///run/a",)


def bound(kind: str, name: str = "n.s", **more: Any) -> LiveSocket:
    return socket(kind, name, **{"binds": AT, "addresses": AT, **more})


def link(other: str, *, connects: bool) -> Link:
    instance, _, name = other.partition(".")
    return Link(connects=connects, address=AT[0], instance=instance, socket=name)


def board(*sockets: LiveSocket) -> Board:
    return Board(sockets, "lab")


@pytest.mark.parametrize(("kind", "peer"), [("PULL", "PUSH"), ("ROUTER", "DEALER"), ("PAIR", "PAIR")])
def test_messages_can_be_sent_to_what_binds(kind: str, peer: str) -> None:
    found = to_send(board(), bound(kind))
    assert (found.type, found.addresses) == (peer, AT)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("PUSH", "takes no messages"),
        ("PUB", "takes no messages"),
        ("SUB", "takes what is published"),
        ("REP", "answers each message"),
        ("REQ", "nothing but the answers"),
        ("STREAM", "plain TCP"),
        ("DEALER", "gets a share of what n.s sends"),
    ],
)
def test_where_nothing_can_be_sent(kind: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        to_send(board(), bound(kind))
    assert caught.value.remedy


def test_a_share_can_be_accepted() -> None:
    assert to_send(board(), bound("DEALER"), share=True).type == "DEALER"


def test_a_pair_with_its_peer_takes_no_other() -> None:
    with pytest.raises(UsageError, match=r"talks with one peer: b\.p"):
        to_send(board(), bound("PAIR", links=(link("b.p", connects=False),)))


def test_what_connects_can_be_reached_by_its_binder_alone() -> None:
    own = socket("PULL", "w.in", links=(link("a.out", connects=True),))
    with pytest.raises(UsageError, match=r"w\.in connects to a\.out and does not bind") as caught:
        to_send(board(own, bound("PUSH", "a.out")), own)
    assert "let w.in bind" in (caught.value.remedy or "")


def test_requests() -> None:
    assert to_request(board(), bound("REP")).type == "REQ"
    assert to_request(board(), bound("ROUTER")).type == "REQ"
    dealer = socket("DEALER", "c.d")
    asked = bound("ROUTER", links=(link("c.d", connects=False),))
    assert to_request(board(dealer, asked), asked).type == "DEALER"
    with pytest.raises(UsageError, match="only REP and ROUTER answer") as caught:
        to_request(board(), bound("PULL"))
    assert caught.value.remedy == "orchestrator send n.s MESSAGE"


def test_publications() -> None:
    assert to_publish(board(), bound("SUB")).type == "XPUB"
    with pytest.raises(UsageError, match="only SUB and XSUB"):
        to_publish(board(), bound("PULL"))


def test_not_bound_yet() -> None:
    with pytest.raises(RunError, match="has not bound yet"):
        to_send(board(), socket("PULL", binds=AT))
    with pytest.raises(RunError, match="binds inproc"):
        to_send(board(), socket("PULL", binds=AT, addresses=("inproc://x",)))


def test_who_is_subscribed_to_for_a_tap() -> None:
    publisher = bound("PUB", "a.out")
    subscriber = socket("SUB", "b.in", links=(link("a.out", connects=True),))
    both = board(publisher, subscriber)
    assert [j.socket.ref for j in by_subscribing(both, publisher)] == ["a.out"]
    assert [j.socket.ref for j in by_subscribing(both, subscriber)] == ["a.out"]
    assert by_subscribing(both, bound("PUSH")) == ()
    connecting = socket("PUB", "a.out", links=(link("b.in", connects=True),))
    assert by_subscribing(board(connecting), connecting) == ()


def test_who_would_feel_a_tap() -> None:
    assert disturbed_by_subscriber(bound("PUB")) is None
    assert "slowest subscriber" in (disturbed_by_subscriber(bound("PUB", lossless=True)) or "")
    assert "counts who is connected" in (disturbed_by_subscriber(bound("PUB", counts_peers=True)) or "")
    assert "shared memory" in (disturbed_by_subscriber(bound("PUB", shares=True)) or "")
    assert "told of each subscription" in (disturbed_by_subscriber(bound("XPUB")) or "")


def test_why_there_is_no_tap() -> None:
    assert "would take it away" in no_tap(bound("PULL")).message
    assert "nothing to subscribe to" in no_tap(socket("SUB")).message
    assert no_tap(bound("PUB"), "it waits").remedy == "say that you accept that: --yes"


def test_names_are_looked_up() -> None:
    one, two = socket("PULL", "w-0.in", node="w"), socket("PULL", "w-1.in", node="w")
    both = board(one, two)
    assert both.find("w.in") == (one, two)
    assert both.find("w-1.in") == (two,)
    with pytest.raises(UsageError, match="2 sockets") as several:
        both.one("w.in")
    assert several.value.remedy == "name one: w-0.in, w-1.in"
    with pytest.raises(UsageError, match=r"there is no socket 'w\.on'") as none:
        both.find("w.on")
    assert none.value.remedy == "did you mean 'w.in'?"
