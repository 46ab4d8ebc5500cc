"""docs/protocol.md and the code say the same."""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.sdk.outgoing.ending import answer_end
from orchestrator.sdk.requesting import error_replies
from orchestrator.supervision.events import FailureCause
from orchestrator.vocabulary import SocketType
from orchestrator.wire.control import MAGIC, Kind, decode, encode, ping
from orchestrator.wire.envelope import (
    CODEC_NUMBERS,
    COMPRESSION_NUMBERS,
    FIXED,
    NAMED,
    Extension,
    Flag,
    Flaw,
    Header,
    unpack,
)

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


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^##? |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert found is not None, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def numbered(title: str) -> dict[str, int]:
    """What tables of `title` number, by name: each number with the cell behind it."""
    found = {}
    for row in rows(section(title)):
        for number, name in pairwise(row):
            if number.isdigit():
                found[name.split("`")[0].split(",")[0].split(":")[0]] = int(number)
    return found


def test_the_numbers_of_the_envelope() -> None:
    assert numbered("Flags") == {flag.name: flag.value for flag in Flag}
    extensions = {row[1]: int(row[0]) for row in rows(section("Extensions")) if row[0].isdigit()}
    assert extensions == {kind.name: kind.value for kind in Extension}
    both = numbered("Codec and compression")
    assert {name or "not told": number for name, number in CODEC_NUMBERS.items()}.items() <= both.items()
    assert {word or "none": number for word, number in COMPRESSION_NUMBERS.items()}.items() <= both.items()
    assert len(both) == len(CODEC_NUMBERS) + len(COMPRESSION_NUMBERS) + 1
    assert both["another one"] == NAMED


def test_the_layout_of_the_envelope() -> None:
    table = DOCUMENT.partition("# The envelope, version 1")[2].partition("## ")[0]
    fields = [(int(row[0]), row[1]) for row in rows(table) if row[0].isdigit()]
    *sized, (end, _) = fields
    assert end == FIXED.size
    sizes = [int(size) for _, size in sized]
    assert [at for at, _ in sized] == list(accumulate(sizes, initial=0))[:-1]
    widths = {"2s": 2, "B": 1, "H": 2, "Q": 8, "q": 8, "I": 4}
    assert sizes == [widths[code] for code in re.findall(r"2s|[BHQqI]", FIXED.format)]


def test_every_reason_to_refuse_is_named() -> None:
    words = [row[0] for row in rows(section("What is refused"))[2:]]
    assert words == [flaw.value for flaw in Flaw if flaw is not Flaw.FIELD]


def test_every_code_of_an_error_reply_is_named() -> None:
    codes = [
        value for name, value in vars(error_replies).items() if name.isupper() and isinstance(value, str)
    ]
    assert len(codes) == 5
    for code in codes:
        assert f"`{code}`" in section("Requests and replies")


def test_how_an_end_is_answered() -> None:
    asked: list[bytes] = []
    raw = SimpleNamespace(setsockopt=lambda _option, value: asked.append(value))
    port = SimpleNamespace(type=SocketType.SUB, raw=raw)
    answer_end(port, 0x0102030405060708, b"my token")  # type: ignore[arg-type]
    mark = re.search(r"of (\d+) bytes: `([0-9a-f ]+)`, the source", section("Sequence"))
    assert mark is not None
    assert asked == [bytes.fromhex(mark[2]) + bytes(range(8, 0, -1)) + b"my token"] * 2
    assert len(asked[0]) == int(mark[1])


def test_the_example_of_an_envelope() -> None:
    block = re.search(r"```envelope\nheader (.*)\npayload (.*)\n```", DOCUMENT)
    assert block is not None
    head, payload = (bytes.fromhex(part) for part in block.groups())
    assert unpack(head + payload) == Header(
        source=1, sequence=2, number=3, timestamp_ns=4, codec="msgpack", fingerprint=5, length=FIXED.size
    )
    assert payload == b"\x81\xa1a\x01"
