"""Headers and batches come back as they went in, and no bytes whatever lead to anything but a named refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.wire.batch import BatchError, join, split
from orchestrator.wire.envelope import (
    CODEC_NUMBERS,
    MAGIC,
    EnvelopeError,
    Flaw,
    Header,
    MessageId,
    Trace,
    pack,
    unpack,
)
from orchestrator.wire.qos import Compression

U16, U32, U64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))
I64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=63)
IDS = st.none() | st.builds(MessageId, U64, U64)
TRACES = st.builds(
    Trace, st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8), st.integers(0, 255)
)
HEADERS = st.builds(
    Header,
    source=U64,
    sequence=U64,
    number=U64,
    timestamp_ns=I64,
    codec=st.sampled_from(sorted(CODEC_NUMBERS)) | TEXT,
    compression=st.none() | st.sampled_from(Compression),
    flags=U16,
    fingerprint=U64,
    count=U32,
    plain_size=U32,
    sender=TEXT,
    trace=st.none() | TRACES,
    deadline_ns=st.none() | I64,
    answers=IDS,
    request=IDS,
    attempt=U16,
)
RECORDS = st.lists(st.binary(max_size=20), max_size=8)


@given(HEADERS, st.binary(max_size=20))
@settings(max_examples=400)
def test_a_header_comes_back(header: Header, payload: bytes) -> None:
    head = pack(header)
    assert len(head) % 8 == 0
    found = unpack(head + payload)
    assert found.length == len(head)
    assert replace(found, length=0) == header
    assert pack(found) == head


def refused_or_read(data: bytes) -> None:
    for form in (data, bytearray(data), memoryview(data)):
        try:
            found = unpack(form)
        except EnvelopeError as error:
            assert error.flaw in set(Flaw) - {Flaw.FIELD, Flaw.FRAMES, Flaw.BATCH}
        else:
            assert found.length <= len(data)
            assert replace(unpack(pack(found)), length=0) == replace(found, length=0)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: MAGIC + b"\x01" + tail))
@example(b"")
@settings(max_examples=400)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or_read(data)


@given(
    HEADERS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4), st.integers(0, 500)
)
@settings(max_examples=400)
def test_headers_with_wrong_bytes_are_read_or_refused(
    header: Header, changes: list[tuple[int, int]], end: int
) -> None:
    data = bytearray(pack(header))
    for at, value in changes:
        data[at % len(data)] = value
    refused_or_read(bytes(data[:end]))


@given(RECORDS)
def test_records_come_back(records: list[bytes]) -> None:
    assert split(join(records), len(records)) == records


@given(st.binary(max_size=60), st.integers(0, 20) | U32)
@settings(max_examples=400)
def test_any_bytes_are_records_or_refused(payload: bytes, count: int) -> None:
    try:
        records = split(payload, count)
    except BatchError:
        return
    assert (len(records), join(records)) == (count, payload)


@given(RECORDS, st.integers(-3, 3).filter(bool))
def test_another_size_is_refused(records: list[bytes], more: int) -> None:
    payload = join(records)
    wrong = payload + bytes(more) if more > 0 else payload[:more]
    if wrong != payload:
        with pytest.raises(BatchError):
            split(wrong, len(records))
