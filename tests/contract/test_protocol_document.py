"""docs/protocol.md and the code say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.supervision.events import FailureCause
from orchestrator.wire.control import MAGIC, Kind, decode, encode, ping

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")

MEANT = {
    "HELLO": encode(
        Kind.HELLO, "w-0", {"unit": "w-0", "attempt": 1, "token": "t", "pid": 7, "role": "control"}
    ),
    "PING": ping("w-0", (1).to_bytes(8, "big")),
    "READY": encode(Kind.READY, "w-0"),
    "BEAT": encode(Kind.BEAT, "w-0", {"steps": 3, "busy_s": 0.0, "sockets": {}}),
    "STOP": encode(Kind.STOP, "w-0", {"reason": "bye"}),
}


def vectors() -> dict[str, list[bytes]]:
    block = re.search(r"```vectors\n(.*?)```", DOCUMENT, re.DOTALL)
    assert block is not None
    lines = [line.split() for line in block[1].splitlines()]
    return {name: [b"" if f == "-" else bytes.fromhex(f) for f in frames] for name, *frames in lines}


def test_the_test_vectors() -> None:
    assert vectors() == MEANT
    for name, frames in vectors().items():
        message = decode(frames)
        assert (message.kind, message.who) == (Kind(name), "w-0")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_paragraph(kind: Kind) -> None:
    assert f"**{kind}**" in DOCUMENT


def test_every_cause_is_named() -> None:
    for cause in FailureCause:
        assert f"`{cause.value}`" in DOCUMENT
    assert MAGIC.decode() in DOCUMENT
