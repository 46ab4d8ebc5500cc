"""The envelope's header: what goes in comes out, and what does not fit is refused with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.wire.envelope import (
    FIXED,
    MAGIC,
    MAX_LENGTH,
    EnvelopeError,
    Extension,
    Flag,
    Flaw,
    Header,
    MessageId,
    Trace,
    is_enveloped,
    join_extensions,
    pack,
    unpack,
)
from orchestrator.wire.qos import Compression

PLAIN = Header(source=1, sequence=2, number=3, timestamp_ns=4)


def flaw_of(data: bytes) -> Flaw:
    with pytest.raises(EnvelopeError) as caught:
        unpack(data)
    return caught.value.flaw


def test_the_fixed_part_as_the_page_shows_it() -> None:
    header = replace(
        PLAIN,
        codec="msgpack",
        compression=Compression.ZSTD,
        flags=Flag.BATCH | Flag.DETACHED,
        fingerprint=5,
        count=6,
        plain_size=7,
    )
    assert pack(header).hex(" ", 1) == (
        "c1 5a 01 07 03 00 04 01 "
        "01 00 00 00 00 00 00 00 "
        "02 00 00 00 00 00 00 00 "
        "04 00 00 00 00 00 00 00 "
        "05 00 00 00 00 00 00 00 "
        "06 00 00 00 07 00 00 00 "
        "03 00 00 00 00 00 00 00"
    )


def test_the_payload_may_follow_at_once() -> None:
    head = pack(PLAIN)
    header = unpack(head + b"payload")
    assert (header.length, header.codec) == (FIXED.size, "")
    assert header == replace(PLAIN, length=FIXED.size)
    assert unpack(memoryview(head + b"payload")) == header


def test_what_is_a_default_takes_no_room() -> None:
    assert len(pack(replace(PLAIN, sender="", attempt=1, trace=None))) == FIXED.size
    assert len(pack(replace(PLAIN, attempt=2))) == FIXED.size + 8
    assert len(pack(replace(PLAIN, sender="abcdefg"))) == FIXED.size + 16


def test_an_id_is_source_and_number() -> None:
    assert PLAIN.id == MessageId(1, 3)
    assert str(PLAIN.id) == "0000000000000001-3"


@pytest.mark.parametrize(
    ("data", "enveloped"),
    [(pack(PLAIN), True), (MAGIC, True), (b"\xc1", False), (b"", False), (b"\xc1z", False), (b"{}", False)],
)
def test_it_is_told_by_its_first_bytes(data: bytes, enveloped: bool) -> None:
    assert is_enveloped(data) is enveloped
    assert is_enveloped(memoryview(data)) is enveloped


@pytest.mark.parametrize(
    "fields",
    [
        {"source": 2**64},
        {"sequence": -1},
        {"timestamp_ns": 2**63},
        {"count": 2**32},
        {"plain_size": -1},
        {"flags": 0x1_0000},
        {"deadline_ns": 2**63},
        {"attempt": 65536},
        {"answers": MessageId(-1, 0)},
        {"request": MessageId(0, 2**64)},
        {"sender": "é" * 128},
        {"sender": "\ud800"},
        {"codec": "acme." + "x" * 256},
        {"trace": Trace(b"short", bytes(8), 0)},
        {"trace": Trace(bytes(16), bytes(9), 0)},
        {"trace": Trace(bytes(16), bytes(8), 256)},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_does_not_fit_is_no_header(fields: dict[str, object]) -> None:
    with pytest.raises(EnvelopeError) as caught:
        pack(replace(PLAIN, **fields))  # type: ignore[arg-type]
    assert caught.value.flaw is Flaw.FIELD


def test_extensions_have_an_end() -> None:
    body = bytes(255)
    join_extensions([(Extension.SENDER, body)] * 7)
    with pytest.raises(EnvelopeError, match=str(MAX_LENGTH)):
        join_extensions([(Extension.SENDER, body)] * 8)


def test_another_version_is_named() -> None:
    data = bytearray(pack(PLAIN))
    data[2] = 9
    assert flaw_of(bytes(data)) is Flaw.VERSION
    with pytest.raises(EnvelopeError, match="version 9; this is version 1"):
        unpack(data)


def test_each_part_that_is_missing_has_its_reason() -> None:
    head = pack(replace(PLAIN, sender="feed.out"))
    assert flaw_of(head[: FIXED.size - 1]) is Flaw.SHORT
    assert flaw_of(head[:-1]) is Flaw.LENGTH
    assert flaw_of(b"\0" + head[1:]) is Flaw.MAGIC
    assert flaw_of(head[:57] + b"\xff" + head[58:]) is Flaw.EXTENSION


def test_a_codec_by_name_needs_one() -> None:
    data = bytearray(pack(replace(PLAIN, codec="acme.fast")))
    assert unpack(data).codec == "acme.fast"
    data[FIXED.size] = 200  # another extension stands there now
    assert flaw_of(bytes(data)) is Flaw.CODEC
