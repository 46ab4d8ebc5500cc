"""Every vector is read behind the frames of every socket type that can carry an envelope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.sdk.framing import Peer
from orchestrator.sdk.incoming.unwrapping import unwrap
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import EnvelopeError, Flaw

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "envelope.json").read_text(encoding="utf-8")
)
HEADS: list[tuple[SocketType, list[bytes], object]] = [
    (SocketType.PULL, [], None),
    (SocketType.PAIR, [], None),
    (SocketType.REP, [], None),
    (SocketType.REQ, [], None),
    (SocketType.SUB, [], None),
    (SocketType.SUB, [b"ticks.eur"], "ticks.eur"),
    (SocketType.SUB, [b""], ""),
    (SocketType.XSUB, [b"\xff"], "\udcff"),
    (SocketType.DEALER, [], None),
    (SocketType.DEALER, [b""], None),
    (SocketType.DEALER, [b"\0abcd", b""], Peer((b"\0abcd", b""))),
    (SocketType.ROUTER, [b"\0abcd"], Peer((b"\0abcd",))),
    (SocketType.ROUTER, [b"worker-1", b""], Peer((b"worker-1", b""))),
    (SocketType.ROUTER, [b"\0abcd", b"\0efgh", b""], Peer((b"\0abcd", b"\0efgh", b""))),
]
WHOLE = pytest.mark.parametrize(
    ("socket_type", "head", "extra"), HEADS, ids=[f"{h[0]}-{len(h[1])}-{i}" for i, h in enumerate(HEADS)]
)


def frames_of(vector: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(frame) for frame in vector["frames"]]


@WHOLE
def test_good_ones_are_taken_apart(socket_type: SocketType, head: list[bytes], extra: object) -> None:
    for vector in VECTORS["good"]:
        frames = frames_of(vector)
        found = unwrap(socket_type, [*head, *frames])
        assert found.extra == extra, vector["name"]
        assert found.frames == frames
        assert [bytes(frame).hex() for frame in found.payload] == vector["payload"], vector["name"]
        assert found.header.codec == vector["header"]["codec"]


@WHOLE
def test_bad_ones_are_refused(socket_type: SocketType, head: list[bytes], extra: object) -> None:
    for vector in VECTORS["bad"]:
        frames = [*head, *frames_of(vector)]
        if vector["flaw"] == Flaw.BATCH and len(vector["frames"]) == 1:
            unwrap(socket_type, frames)  # what is in the payload is not looked at here
            continue
        with pytest.raises(EnvelopeError) as caught:
            unwrap(socket_type, frames)
        if (
            frames_of(vector)[0][:2] == b"\xc1Z"
        ):  # where there is no header, another frame may be taken for it
            assert caught.value.flaw == vector["flaw"], vector["name"]


@pytest.mark.parametrize("frames", [[b"id"], [b"id", b""], [b"", b""], [b""]])
def test_nothing_behind_the_peer(frames: list[bytes]) -> None:
    with pytest.raises(EnvelopeError):
        unwrap(SocketType.ROUTER, frames)
