"""From frames to messages: routing, envelope, batches, compression, what cannot be read."""

from __future__ import annotations

import gzip

import pytest
from live_support import header, socket

from orchestrator.codecs import DecodeError
from orchestrator.live.reading import Reader, Way
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import Flag, pack
from orchestrator.wire.qos import Compression


def test_a_publication_has_a_topic() -> None:
    reader = Reader(socket("PUB"))
    [record] = reader.read([b"AAPL", b'{"n": 1}'], Way.SENT, 3)
    assert (record.topic, record.payload, record.at_ns) == ("AAPL", (b'{"n": 1}',), 3)
    assert reader.value(record) == {"n": 1}


def test_a_router_names_the_peer() -> None:
    reader = Reader(socket("ROUTER"))
    [record] = reader.read([b"\0abc", b"", b"1"], Way.RECEIVED, 0)
    assert record.peer is not None
    assert (record.peer.id, reader.value(record)) == (b"\0abc", 1)


def test_an_envelope_is_taken_off() -> None:
    reader = Reader(socket("PULL", enveloped=True))
    [record] = reader.read([pack(header()) + b"[2]"], Way.RECEIVED, 0)
    assert (record.sequence, record.payload, reader.value(record)) == (5, (b"[2]",), [2])
    assert record.header is not None
    assert record.header.source == 7


def test_a_detached_envelope_and_one_that_is_not_there() -> None:
    reader = Reader(socket("PULL", enveloped=True))
    [record] = reader.read([pack(header(flags=Flag.DETACHED)), b"[3]"], Way.RECEIVED, 0)
    assert reader.value(record) == [3]
    [plain] = reader.read([b"[4]"], Way.RECEIVED, 0)
    assert (plain.header, reader.value(plain)) == (None, [4])


def test_a_publication_without_a_topic_and_its_detached_envelope() -> None:
    reader = Reader(socket("PUB", enveloped=True))
    [record] = reader.read([pack(header(flags=Flag.DETACHED)), b"[3]"], Way.SENT, 0)
    assert (record.topic, reader.value(record)) == (None, [3])
    [record] = reader.read([pack(header()) + b"[4]"], Way.SENT, 0)
    assert (record.topic, reader.value(record)) == (None, [4])


def test_what_looks_like_an_envelope_is_a_payload_where_none_is_declared() -> None:
    reader = Reader(socket("PULL", codec="raw"))
    data = pack(header()) + b"x"
    [record] = reader.read([data], Way.RECEIVED, 0)
    assert reader.value(record) == data


def test_a_batch_is_taken_apart_and_keeps_its_numbers() -> None:
    reader = Reader(socket("PUB", enveloped=True))
    packed = pack(header(flags=Flag.BATCH, count=3)) + join([b"1", b"2", b"3"])
    records = reader.read([b"t", packed], Way.SENT, 0)
    assert [reader.value(record) for record in records] == [1, 2, 3]
    assert [record.sequence for record in records] == [5, 6, 7]
    assert [record.topic for record in records] == ["t"] * 3
    assert [bool(record.frames) for record in records] == [True, False, False]


def test_a_compressed_batch() -> None:
    reader = Reader(socket("PULL", enveloped=True))
    plain = join([b"1", b"2"])
    head = header(flags=Flag.BATCH, count=2, compression=Compression.GZIP, plain_size=len(plain))
    records = reader.read([pack(head) + gzip.compress(plain)], Way.RECEIVED, 0)
    assert [reader.value(record) for record in records] == [1, 2]


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([pack(header(flags=Flag.BATCH, count=9)) + b"x"], "cannot hold 9 records"),
        ([pack(header(compression=Compression.GZIP, plain_size=4)) + b"none"], "not gzip"),
        (
            [pack(header(compression=Compression.GZIP, plain_size=9)) + gzip.compress(b"1")],
            "gzip: ",
        ),
        (
            [pack(header(compression=Compression.GZIP, plain_size=9)) + gzip.compress(b"1" * 99)],
            "more than the 9 bytes",
        ),
        ([b"\xc1Z\x09" + b"\0" * 60], "version 9"),
    ],
)
def test_what_cannot_be_opened_is_told_and_kept(frames: list[bytes], words: str) -> None:
    reader = Reader(socket("PULL", enveloped=True))
    [record] = reader.read(frames, Way.RECEIVED, 0)
    assert words in record.error
    assert record.frames == tuple(frames)
    with pytest.raises(DecodeError, match=words):
        reader.value(record)


def test_what_cannot_be_decoded() -> None:
    reader = Reader(socket("PULL"))
    [record] = reader.read([b"{"], Way.RECEIVED, 0)
    with pytest.raises(DecodeError):
        reader.value(record)
    [two] = reader.read([b"1", b"2"], Way.RECEIVED, 0)
    with pytest.raises(DecodeError, match="2 payload frames"):
        reader.value(two)
    [none] = Reader(socket("ROUTER")).read([b"peer"], Way.RECEIVED, 0)
    assert none.error == "a message without payload"


def test_messages_without_a_value() -> None:
    reader = Reader(socket("PULL", enveloped=True))
    [end] = reader.read([pack(header(flags=Flag.END))], Way.RECEIVED, 0)
    assert end.note == "the end of its source"
    [shared] = reader.read([pack(header(flags=Flag.SHARED)) + b"handle"], Way.RECEIVED, 0)
    assert "shared memory" in shared.note
