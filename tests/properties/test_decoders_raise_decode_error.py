"""Whatever bytes arrive, a decoder gives a value or raises DecodeError: no other exception, no crash, no
memory that the payload's size does not explain."""

from __future__ import annotations

import contextlib
import functools
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestrator.codecs import Codec, DecodeError, EncodeError, make_codec
from orchestrator.codecs.checking import SchemaCheck
from orchestrator.codecs.compression import Decompressors, make_compressor
from orchestrator.wire.qos import Compress, Compression

AVRO: Any = {
    "type": "record", "name": "T", "fields": [
        {"name": "s", "type": "string"}, {"name": "n", "type": "long"}, {"name": "b", "type": "bytes"},
        {"name": "u", "type": ["null", "double", {"type": "array", "items": "int"}]},
        {"name": "m", "type": {"type": "map", "values": "T"}},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
        {"name": "f", "type": {"type": "fixed", "name": "F", "size": 3}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    ],
}  # fmt: skip
SAFE = ("raw", "text", "json", "msgpack", "cbor", "avro", "arrow", "numpy", "protobuf")
"""Pickle runs what it reads: it is tried with damaged payloads of our own only."""
LIBRARIES = {
    "cbor": "cbor2", "avro": "fastavro", "arrow": "pyarrow", "numpy": "numpy", "protobuf": "grpc_tools.protoc"
}  # fmt: skip

SIZE = st.integers(0, 2**64 - 1).map(lambda n: n.to_bytes(8, "big")) | st.sampled_from(
    [b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\xff\xff"]
)
HEADS = st.sampled_from(
    [b"\xdd", b"\xdf", b"\xc6", b"\xc9", b"\xdb", b"\x9b", b"\xbb", b"\x5b", b"\x7b", b"\xc2\x5b", b"\x9f",
     b"\xc5\x82\x1b", b"\x93NUMPY\x01\x00", b"\xff\xff\xff\xff", b"[", b'{"a":', b'"\\u', b"\x02", b"\x91",
     b"\x81", b"\xd8\x1c\x81"]
)  # fmt: skip
PAYLOADS = (
    st.binary(max_size=64)
    | st.tuples(HEADS, SIZE, st.binary(max_size=16)).map(b"".join)
    | st.tuples(HEADS, st.integers(1, 3000)).map(lambda pair: pair[0] * pair[1])
)
"""Bytes, claims of great lengths, and depth."""


@functools.cache
def codec_of(name: str) -> Codec:
    if name in LIBRARIES:
        pytest.importorskip(LIBRARIES[name])
    if name == "protobuf":
        return make_codec(
            name, schema="tick.proto", message_type="t.Tick", directory=str(Path(__file__).parent / "samples")
        )
    return make_codec(name, schema=AVRO if name == "avro" else None)


def sample(name: str) -> Any:
    """Something that the codec can send, of every kind of thing that it knows."""
    if name == "numpy":
        import numpy as np

        return np.array([(1.5, b"ab", "2026-11-21")], dtype=[("x", "<f8"), ("t", "S3"), ("d", "M8[D]")])
    if name == "arrow":
        import pyarrow as pa

        text = pa.array(["a", None, "żółw"])
        return pa.table({"n": [1, 2, 3], "s": text, "d": text.dictionary_encode(), "l": [[1], [], [2, 3]]})
    if name == "avro":
        inner = {"s": "x", "n": 1, "b": b"", "u": None, "m": {}, "e": "A", "f": b"abc", "at": 0, "d": b"\x01",
                 "id": "12345678-1234-5678-1234-567812345678", "day": 3}  # fmt: skip
        return {**inner, "u": [1, 2], "m": {"k": inner, "j": {**inner, "u": 1.5}}}
    if name == "protobuf":
        return {"symbol": "x", "prices": [1.5, 2.0], "inner": {"k": {"symbol": "y"}}}
    if name == "raw":
        return b"bytes"
    return "text" if name == "text" else {"a": [1, -1, 1.5, None, True, "żółw"], "b": {"c": [[]]}}


def decodes(codec: Codec, payload: bytes) -> Any:
    """The value, or None; both from bytes and from a part of a frame."""
    framed = memoryview(bytes(8) + payload)[8:]
    with contextlib.suppress(DecodeError):
        codec.decode(framed)
    with contextlib.suppress(DecodeError):
        return codec.decode(payload)
    return None


@settings(max_examples=150)
@given(payload=PAYLOADS)
@example(payload=b"\xc1")
@example(payload=b"\xdd\x10\0\0\0" * 1000)
@example(payload=b"\x9b\0\0\0\xff\xff\xff\xff\xff")
@example(payload=b"9" * 5000)
@pytest.mark.parametrize("name", SAFE)
def test_any_bytes(name: str, payload: bytes) -> None:
    decodes(codec_of(name), payload)


@settings(max_examples=120)
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("name", SAFE)
def test_damaged_payloads(name: str, seed: int) -> None:
    """Cut off, overwritten, put together anew: what begins well gets further into a decoder."""
    codec, dice = codec_of(name), random.Random(seed)
    payload = bytearray(codec.encode(sample(name)))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(payload))
        match dice.randrange(4):
            case 0:
                payload[at] = dice.randrange(256)
            case 1:
                payload[at:] = b""
            case 2:
                payload[at:at] = payload[dice.randrange(len(payload)) :][: dice.randint(1, 9)]
            case _:
                payload[at : at + 4] = dice.choice([b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80"])
        if not payload:
            return
    value = decodes(codec, bytes(payload))
    if value is not None and name in ("arrow", "numpy"):
        _touch(name, value)


def _touch(name: str, value: Any) -> None:
    """What was let through can be read to its last byte without a crash."""
    if name == "numpy":
        value.tobytes()
    elif value.num_rows < 10_000:
        for column in value.columns:
            with contextlib.suppress(
                ValueError, OverflowError, UnicodeDecodeError
            ):  # a day that no calendar has
                column.to_pylist()


@given(cut=st.integers(0, 200), byte=st.integers(0, 255))
def test_damaged_pickles(cut: int, byte: int) -> None:
    codec = make_codec("pickle")
    payload = codec.encode(sample("json"))
    damaged = bytearray(payload)
    damaged[0] = byte  # the version: a mark that a pickle has no other use for
    decodes(codec, bytes(damaged))
    decodes(codec, payload[: cut % len(payload)])


@pytest.mark.parametrize("name", ["json", "msgpack", "cbor", "pickle"])
@given(value=st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), v, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_there_and_back(name: str, value: Any) -> None:
    codec = codec_of(name)
    payload = codec.encode(value)
    assert codec.decode(payload) == codec.decode(memoryview(payload)) == value


@given(st.recursive(
    st.none() | st.floats() | st.integers() | st.text() | st.binary() | st.complex_numbers() | st.builds(object),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.none() | st.integers() | st.text(), v, max_size=3),
    max_leaves=6,
))  # fmt: skip
@pytest.mark.parametrize("name", [n for n in SAFE if n != "raw"])
def test_encoders_raise_encode_error(name: str, value: Any) -> None:
    with contextlib.suppress(EncodeError):
        codec_of(name).encode(value)


@settings(max_examples=150)
@given(
    payload=st.binary(max_size=60) | st.tuples(
        st.sampled_from([b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\x1f\x8b\x08"]), st.binary(max_size=40)
    ).map(b"".join),
    size=st.integers(0, 2**32 - 1),
)  # fmt: skip
@pytest.mark.parametrize("compression", list(Compression))
def test_any_compressed_bytes(compression: Compression, payload: bytes, size: int) -> None:
    with contextlib.suppress(DecodeError):
        Decompressors(1 << 20)(compression, payload, size)


@settings(max_examples=100)
@given(plain=st.binary(max_size=300), times=st.integers(1, 50), at=st.integers(0), byte=st.integers(0, 255))
@pytest.mark.parametrize("compression", list(Compression))
def test_damaged_compressed_bytes(
    compression: Compression, plain: bytes, times: int, at: int, byte: int
) -> None:
    plain *= times
    small = bytearray(make_compressor(Compress(codec=compression))(plain))
    assert Decompressors()(compression, bytes(small), len(plain)) == plain
    small[at % len(small)] = byte
    with contextlib.suppress(DecodeError):
        assert len(Decompressors()(compression, bytes(small), len(plain))) == len(plain)


def test_values_as_deep_as_they_can_be_are_checked_or_refused() -> None:
    tree = SchemaCheck({"type": ["array", "null"], "items": {"$ref": "#"}})
    value: Any = None
    for _ in range(sys.getrecursionlimit() // 2):
        value = [value]
    with pytest.raises(DecodeError, match="nested too deep"):
        tree.incoming(value)
