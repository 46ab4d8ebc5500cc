"""What users type, and what they are shown: messages, filters, counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from live_support import header, socket

from orchestrator.codecs import make_codec
from orchestrator.errors import UsageError
from orchestrator.live.counting import Counter, percentile
from orchestrator.live.matching import all_of
from orchestrator.live.reading import Reader, Way
from orchestrator.live.showing import fields, hexdump, one_line, plain, text
from orchestrator.live.texts import to_payload, to_value
from orchestrator.live.words_in import messages
from orchestrator.live.writing import Writer
from orchestrator.wire.envelope import Flag, pack, unpack


@pytest.mark.parametrize(
    ("codec", "word", "value"),
    [
        ("json", '{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        ("json", "{side: buy, price: 1.5}", {"side": "buy", "price": 1.5}),
        ("json", "buy", "buy"),
        ("msgpack", "7", 7),
        ("text", "{not: yaml", "{not: yaml"),
        ("raw", "7", b"7"),
    ],
)
def test_words_become_messages(codec: str, word: str, value: Any) -> None:
    assert to_value(codec, word) == value
    assert make_codec(codec).decode(to_payload(make_codec(codec), word)) == value


def test_words_that_are_none() -> None:
    with pytest.raises(UsageError, match="neither JSON nor YAML"):
        to_value("json", "{a: [")
    with pytest.raises(UsageError, match="can't be sent"):
        to_payload(make_codec("json"), ".nan")


def test_lines_of_a_file_are_messages(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_text("1\r\n2\n\n")
    assert list(messages([f"@{path}", "@@x", "3"])) == ["1", "2", "", "@x", "3"]
    assert list(messages(["00ff"], binary=True)) == [b"\x00\xff"]
    with pytest.raises(UsageError, match="no sequence of hexadecimal digits"):
        list(messages(["0g"], binary=True))
    with pytest.raises(UsageError, match="No such file"):
        list(messages([f"@{tmp_path}/none"]))


@pytest.mark.parametrize(
    ("word", "fits"),
    [
        ("side=buy", True),
        ("side=sell", False),
        ("side!=sell", True),
        ("price>1", True),
        ("price>1.5", False),
        ("price>=1.5", True),
        ("price<2", True),
        ("legs.1.id=7", True),
        ("legs.5.id=7", False),
        ("gone!=1", True),
        ("gone=1", False),
        ("side>a", True),
        ("side>5", True),  # texts are compared as texts
        ("buy", True),
        ("nothing of it", False),
        ("flag=true", True),
    ],
)
def test_filters(word: str, fits: bool) -> None:
    message = {"side": "buy", "price": 1.5, "legs": [{"id": 6}, {"id": 7}], "flag": True}
    assert all_of([word])(message) is fits
    assert all_of([word, "price=1.5"])(message) is fits


def test_a_part_of_a_text_that_looks_like_a_field() -> None:
    assert all_of(["a=b"])("x a=b y")


def test_values_as_json() -> None:
    assert plain({1: b"x", "b": b"\xff", "c": (1, {2})}) == {"1": "x", "b": "base64:/w==", "c": [1, [2]]}
    numpy = pytest.importorskip("numpy")
    assert plain(numpy.array([[1, 2]])) == [[1, 2]]
    assert (
        one_line(numpy.zeros((3, 4))) == "[[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]"
    )
    assert one_line(numpy.arange(100, dtype="i4").reshape(10, 10)).startswith("int32[10, 10] [0, 1, 2,")
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.RecordBatch.from_pylist([{"a": n} for n in range(100)])
    assert one_line(table) == '100 rows [{"a": 0}, …]'
    assert json.loads(one_line({"a": b"x"})) == {"a": "x"}
    assert one_line(b"\0\1") == "0x0001"
    assert one_line([b"ab", b"\0"]) == "ab | 0x00"
    assert one_line("a\nb") == '"a\\nb"'
    assert hexdump(b"0123456789abcdef\n").splitlines() == [
        "  00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|",
        "  00000010  0a                                               |.|",
    ]


def test_a_message_shown() -> None:
    reader = Reader(socket("PUB", enveloped=True))
    [record] = reader.read([b"AAPL", pack(header()) + b"1"], Way.SENT, 1_700_000_000_123_456_789)
    assert text(reader, record).endswith(".123456 n.s AAPL #5 1")
    assert "→" in text(reader, record, arrows=True)
    found = fields(reader, record)
    assert (found["socket"], found["message"], found["envelope"]["sequence"]) == ("n.s", 1, 5)
    [broken] = reader.read([b"AAPL", b"{"], Way.SENT, 0)
    assert "cannot be read: not JSON" in text(reader, broken)
    assert fields(reader, broken)["frames"] == ["7b"]


def test_counts_find_what_is_missing() -> None:
    reader, counter = Reader(socket("PUB", enveloped=True)), Counter()
    for topic, sequence in [(b"a", 1), (b"a", 2), (b"a", 5), (b"b", 9), (b"a", 4), (b"a", 6)]:
        for record in reader.read([topic, pack(header(sequence=sequence)) + b"1"], Way.SENT, 11):
            counter.add(record)
    first = counter.take()
    assert (first.messages, first.lost, first.topics) == (6, 2, {"a": 5, "b": 1})
    assert first.ages_ns == [10] * 6
    assert counter.take().messages == 0
    assert counter.total.messages == 6


def test_percentiles() -> None:
    values = list(range(1, 101))
    assert [percentile(values, share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert percentile([3], 0.999) == 3


def test_what_a_tool_sends_has_an_envelope_where_one_is_declared() -> None:
    writer = Writer(socket("PULL", enveloped=True), "orchestrator.send", now_ns=lambda: 42)
    frames = [writer.frames([b"1"]), writer.frames([b"2"])]
    heads = [unpack(frame[0]) for frame in frames]
    assert [frame[0][head.length :] for frame, head in zip(frames, heads, strict=True)] == [b"1", b"2"]
    assert [(head.sequence, head.number, head.timestamp_ns) for head in heads] == [(1, 1, 42), (2, 2, 42)]
    assert heads[0].sender == "orchestrator.send"
    assert writer.last == (heads[0].source, 2)
    large = writer.frames([b"x" * 65_536])
    assert unpack(large[0]).flags == Flag.DETACHED
    assert len(large) == 2


def test_sequences_count_within_a_topic() -> None:
    writer = Writer(socket("SUB", enveloped=True), "x")
    found = [unpack(writer.frames([b""], topic)[1]) for topic in ("a", "b", "a")]
    assert [(head.sequence, head.number) for head in found] == [(1, 1), (1, 2), (2, 3)]


def test_without_envelope_and_with_delimiter() -> None:
    assert Writer(socket("REP"), "x", delimiter=True).frames([b"1"]) == [b"", b"1"]
    assert Writer(socket("SUB"), "x").frames([b"1"], "t") == [b"t", b"1"]
