"""Frames in, parts out."""

from __future__ import annotations

import pytest

from orchestrator.sdk.framing import Peer, split, topic_frame
from orchestrator.vocabulary import SocketType


@pytest.mark.parametrize(
    ("kind", "frames", "payload", "extra"),
    [
        ("PULL", [b"x"], [b"x"], None),
        ("PULL", [b"", b"x"], [b"", b"x"], None),
        ("SUB", [b"x"], [b"x"], None),
        ("SUB", [b"t", b"x"], [b"x"], "t"),
        ("SUB", [b"\xff", b"x"], [b"x"], "\udcff"),
        ("XSUB", [b"t", b"x", b"y"], [b"x", b"y"], "t"),
        ("DEALER", [b"x"], [b"x"], None),
        ("DEALER", [b"", b"x"], [b"x"], None),
        ("DEALER", [b""], [b""], None),
        ("ROUTER", [b"id", b"x"], [b"x"], Peer((b"id",))),
        ("ROUTER", [b"id", b"", b"x"], [b"x"], Peer((b"id", b""))),
        ("ROUTER", [b"id", b""], [b""], Peer((b"id",))),
        ("ROUTER", [b"id", b"", b""], [b""], Peer((b"id", b""))),
        ("ROUTER", [b"a", b"b", b"", b"x", b"", b"y"], [b"x", b"", b"y"], Peer((b"a", b"b", b""))),
        ("STREAM", [b"id", b"data"], [b"data"], Peer((b"id",))),
    ],
)
def test_split(kind: str, frames: list[bytes], payload: list[bytes], extra: object) -> None:
    assert split(SocketType(kind), frames) == (payload, extra)


def test_what_came_to_a_dealer_through_a_router_has_a_peer() -> None:
    frames = [b"client", b"", b"x"]
    assert split(SocketType.DEALER, frames, several=False) == ([b"x"], Peer((b"client", b"")))
    assert split(SocketType.DEALER, frames) == (frames, None)  # with raw bytes it may be the payload
    assert split(SocketType.DEALER, [b"", b"x"], several=False) == ([b"x"], None)


def test_a_peer_replies_by_the_way_it_came() -> None:
    sent: list[object] = []
    _, peer = split(SocketType.ROUTER, [b"id", b"x"], lambda message, to: sent.append((message, to)))
    assert isinstance(peer, Peer)
    peer.reply("answer")
    assert sent == [("answer", Peer((b"id",)))]  # the way is no part of what makes two peers the same
    assert hash(peer) == hash(Peer((b"id",)))


def test_a_router_message_without_payload() -> None:
    with pytest.raises(ValueError, match="without payload"):
        split(SocketType.ROUTER, [b"id"])


def test_a_topic_survives_the_way_there_and_back() -> None:
    for raw in (b"AAPL", b"\xff\x00", "Zürich".encode()):
        _, topic = split(SocketType.SUB, [raw, b"x"])
        assert isinstance(topic, str)
        assert topic_frame(topic) == raw


def test_a_peer_as_text() -> None:
    assert str(Peer((b"worker-1", b""))) == "worker-1"
    assert str(Peer((b"\x00\x80\x00\x41\xa7",))) == "00800041a7"
