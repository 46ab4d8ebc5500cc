"""Whole chunks become the very records that their lines would become one by one, and nothing is lost."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.runtime.capture import levels
from orchestrator.runtime.capture.encoding import Encoder, Source
from orchestrator.vocabulary import Stream

_SOURCE = Source(unit="feed-1", node="feed", replica=1, attempt=3, stream=Stream.STDERR)
_ENCODER = Encoder(_SOURCE)
_NOW = 1_795_000_000.123456

_WORDS = st.sampled_from(
    [
        *(w.encode() for w in ("INFO", "ERROR:", "[warn]", "<3>", "level=debug", "2026-01-01", "12:00:00.1")),
        *(w.encode() for w in ("plain", "\x1b[31m", "\x1b[0m", "name -", "[main]", "\r", "\t", "\\", '"', "é")),
        b"\xff", b"\xf0\x9f", b"\x00", b"\x08", b"\x0c", b"\x7f", b"Error:", b"I1121 12:00:01", b"IN", b"FO", b"(",
        b'{"level":"warn","trace_id":"4bf9"}', b'{"level":30}', b"{", b"}", b'"severity":"ERROR"', b"\xe2\x80\xa8",
    ]
)  # fmt: skip
_LINES = st.one_of(
    st.lists(_WORDS, max_size=6).map(b" ".join),
    st.lists(_WORDS, max_size=6).map(b"".join),
    st.binary(max_size=40).map(lambda data: data.replace(b"\n", b"")),
    st.text(max_size=40).map(lambda text: text.replace("\n", "").encode("utf-8", "surrogatepass")),
)


@given(st.lists(_LINES, min_size=1, max_size=8))
@example([b""])
@example([b"", b"\r", b"\r\r", b"a\rb"])
@example([b"IN\x1b[1mFO x"])
@example([b"12:00:00 INFO x", b"12:00:00 INFO", b"12:00:00 INFORM x", b"12:00:00 INFO y", b"12:00:00 INFO-y"])
@example([b"12:00 [info] x", b"12:00 [info]ERROR x", b"12:00 [info ] x", b"12:00 [info] ERROR"])
@settings(max_examples=600)
def test_a_block_becomes_what_its_lines_become(lines: list[bytes]) -> None:
    block = b"".join(line + b"\n" for line in lines)
    expected = b"".join(_ENCODER.line(_NOW, line) for line in lines)
    # a character that is cut by the one invalid line of a chunk must not change how others are written
    assert _ENCODER.block(_NOW, block) == expected


@given(st.lists(_WORDS, min_size=1, max_size=4), st.lists(_LINES, min_size=2, max_size=6))
@settings(max_examples=400)
def test_lines_that_begin_alike_are_each_read_for_themselves(
    beginning: list[bytes], ends: list[bytes]
) -> None:
    lines = [b"12:00:00,1 " + b" ".join(beginning) + end for end in ends]
    block = b"".join(line + b"\n" for line in lines)
    assert _ENCODER.block(_NOW, block) == b"".join(_ENCODER.line(_NOW, line) for line in lines)


@given(_LINES, st.booleans())
@settings(max_examples=400)
def test_a_record_gives_the_line_back(line: bytes, continued: bool) -> None:
    record = json.loads(_ENCODER.line(_NOW, line, continued=continued))
    text = record["text"]
    given_back = _unescaped(text) if record.get("escaped") else text.encode()
    assert given_back == (line if continued else line.removesuffix(b"\r"))
    assert record.get("continued", False) is continued


def _unescaped(text: str) -> bytes:
    """As docs/reference/logs.md says: a backslash stands for itself when doubled, else `\\xNN` is a byte."""
    out, rest = b"", text.encode()
    while rest:
        head, slash, rest = rest.partition(b"\\")
        out += head
        if not slash:
            break
        if rest[:1] == b"\\":
            out, rest = out + b"\\", rest[1:]
        else:
            assert rest[:1] == b"x"
            out, rest = out + bytes.fromhex(rest[1:3].decode()), rest[3:]
    return out


@given(_LINES)
@settings(max_examples=600)
def test_no_level_is_passed_over(line: bytes) -> None:
    if not levels.may_tell((line + b"\n").translate(levels.CLASSES)):
        assert levels.of_line(levels.uncoloured(line)) is None
        assert not line.startswith(b"{")
