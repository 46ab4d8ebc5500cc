"""cbor, avro, arrow, numpy, pickle: there and back, what they refuse, and that nothing is copied."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.codecs import Codec, CodecError, DecodeError, EncodeError, make_codec
from orchestrator.codecs.base import InParts, WritesInto
from orchestrator.vocabulary import CodecName

ORDER: Any = {
    "type": "record",
    "name": "shop.Order",
    "fields": [
        {"name": "symbol", "type": "string"},
        {"name": "qty", "type": "int", "default": 1},
        {"name": "note", "type": ["null", "string"], "default": None},
    ],
}
CHAIN: Any = {"type": "record", "name": "Chain", "fields": [{"name": "next", "type": ["null", "Chain"]}]}


# --------------------------------------------------------------------- json and msgpack: into a buffer


@pytest.mark.parametrize("name", [CodecName.JSON, CodecName.MSGPACK])
def test_a_payload_is_written_behind_an_envelope(name: str) -> None:
    codec = make_codec(name)
    assert isinstance(codec, WritesInto)
    buffer = bytearray(b"envelope")
    for obj in ({"a": [1, "x" * 2000]}, 1, [None], {}):
        codec.encode_into(obj, buffer, 8)
        assert bytes(buffer) == b"envelope" + codec.encode(obj)
    with pytest.raises(EncodeError):
        codec.encode_into(object(), buffer, 8)
    assert buffer.startswith(b"envelope")


def test_nan_is_refused_in_a_buffer_as_well() -> None:
    codec = make_codec("json")
    assert isinstance(codec, WritesInto)
    with pytest.raises(EncodeError, match="nan is not JSON"):
        codec.encode_into({"a": float("nan")}, bytearray(b"12345678"), 8)


def test_a_string_that_looks_like_nan_is_none() -> None:
    codec = make_codec("json")
    value = [None, "\u00cb\x7f\u00f8", "null", "\x7f" * 300]
    assert codec.decode(codec.encode(value)) == value


def test_json_keeps_integers_of_any_size_and_msgpack_says_what_it_takes() -> None:
    codec = make_codec("json")
    assert codec.decode(codec.encode([2**200, -(2**70), None])) == [2**200, -(2**70), None]
    with pytest.raises(EncodeError, match=r"2\*\*64"):
        make_codec("msgpack").encode(2**64)


def test_another_implementation_reads_our_messagepack_and_we_read_its() -> None:
    msgpack = pytest.importorskip("msgpack")
    value = {"a": [1, -1, 2**63, 1.5, None, True, b"x", "ż"], 7: {"b": []}}
    codec = make_codec("msgpack")
    assert msgpack.unpackb(codec.encode(value), strict_map_key=False) == value
    assert codec.decode(msgpack.packb(value)) == value


def test_a_time_in_messagepack_is_the_timestamp_extension() -> None:
    codec = make_codec("msgpack")
    moment = datetime.datetime(2026, 11, 21, 12, 30, 0, 123456, tzinfo=datetime.UTC)
    payload = codec.encode(moment)
    assert payload[:2] == b"\xd7\xff"
    assert codec.decode(payload) == moment


@pytest.mark.parametrize("name", [c for c in CodecName if c not in ("protobuf", "avro")])
def test_no_payload_of_ours_begins_as_an_envelope_does(name: str) -> None:
    payload = make_codec(name).encode_nothing()
    assert not payload.startswith(b"\xc1")


@pytest.mark.parametrize("name", ["text", "json", "msgpack", "cbor", "arrow", "numpy", "pickle"])
def test_what_says_nothing_is_read_from_a_memoryview(name: str) -> None:
    codec = make_codec(name)
    payload = codec.encode_nothing()
    framed = memoryview(bytes(8) + payload)[8:]
    assert type(codec.decode(framed)) is type(codec.decode(payload))


# ------------------------------------------------------------------------------------------------ cbor


def test_cbor_brings_back_what_cbor_has() -> None:
    codec = make_codec("cbor")
    value = {
        "a": [1, 2**200, -1.5, None, True, b"x", "ż"],
        3: decimal.Decimal("1.50"),
        "t": datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC),
    }
    assert codec.decode(codec.encode(value)) == value


def test_cbor_ends_where_its_value_ends() -> None:
    with pytest.raises(DecodeError, match="2 bytes behind the value"):
        make_codec("cbor").decode(b"\x01\x02\x03")


def test_cbor_makes_neither_patterns_nor_circles_of_what_a_stranger_sends() -> None:
    import cbor2

    codec = make_codec("cbor")
    assert codec.decode(b"\xd8\x23\x65(a+)+") == cbor2.CBORTag(35, "(a+)+")
    assert codec.decode(b"\xd8\x1c\x81\xd8\x1d\x00") == cbor2.CBORTag(28, [cbor2.CBORTag(29, 0)])
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(EncodeError, match="cannot send list as CBOR"):
        codec.encode(circle)


# ------------------------------------------------------------------------------------------------ avro


@pytest.fixture
def orders(tmp_path: Path) -> Codec:
    (tmp_path / "order.avsc").write_text(json.dumps(ORDER))
    return make_codec("avro", schema="order.avsc", directory=str(tmp_path))


def test_avro_from_a_file_and_written_out(orders: Codec) -> None:
    order = {"symbol": "AAPL", "qty": 3, "note": None}
    payload = orders.encode(order)
    assert payload == b"\x08AAPL\x06\x00"
    assert orders.decode(payload) == order == make_codec("avro", schema=ORDER).decode(memoryview(payload))
    assert orders.decode(orders.encode({"symbol": "B"})) == {"symbol": "B", "qty": 1, "note": None}


@pytest.mark.parametrize(
    "obj", [{}, {"symbol": 1}, {"symbol": "x", "qty": "y"}, {"symbol": "x", "more": 1}, 3, None, {"symbol": "x", "qty": 2**70}]
)  # fmt: skip
def test_avro_says_what_it_carries(orders: Codec, obj: Any) -> None:
    with pytest.raises(EncodeError, match=r"as shop\.Order: ."):
        orders.encode(obj)


def test_one_of_several_types_in_an_avro_schema() -> None:
    leg = {"type": "record", "name": "shop.Leg", "fields": [{"name": "venue", "type": "string"}]}
    legs = {"type": "array", "items": "shop.Leg"}
    two = {"type": "record", "name": "shop.Two", "fields": [{"name": "legs", "type": legs}]}
    codec = make_codec("avro", schema=[leg, two], message_type="shop.Two")
    value = {"legs": [{"venue": "X"}]}
    assert codec.decode(codec.encode(value)) == value
    with pytest.raises(CodecError, match=r"defines no type shop\.Leggs"):
        make_codec("avro", schema=[leg, two], message_type="shop.Leggs")


def test_depth_without_end_is_an_error_and_no_crash() -> None:
    codec = make_codec("avro", schema=CHAIN)
    for levels in (10, 240):
        chain: Any = {"next": None}
        for _ in range(levels):
            chain = {"next": chain}
        if levels < 100:
            assert codec.decode(codec.encode(chain)) == chain
        assert codec.decode(b"\x02" * levels + b"\x00")["next"] is not None
    with pytest.raises(DecodeError, match="not a Chain"):
        codec.decode(b"\x02" * 1_000_000 + b"\x00")
    deep: Any = None
    for _ in range(100_000):
        deep = {"next": deep}
    with pytest.raises(EncodeError):
        codec.encode(deep)
    while deep is not None:
        deep = deep["next"]  # one by one: freeing it in one go overruns the stack of some interpreters


def test_trees_and_types_that_are_used_often() -> None:
    children = {"type": "array", "items": "Tree"}
    codec = make_codec(
        "avro", schema={"type": "record", "name": "Tree", "fields": [{"name": "c", "type": children}]}
    )
    tree = {"c": [{"c": []}, {"c": [{"c": []}]}]}
    assert codec.decode(codec.encode(tree)) == tree
    assert codec.decode(codec.encode({"c": [{"c": []}] * 500}))["c"][499] == {"c": []}
    types: list[Any] = [{"type": "enum", "name": "T0", "symbols": ["A"]}]
    for n in range(1, 40):  # as a tree, its leaves could not be counted
        fields = [{"name": name, "type": f"T{n - 1}"} for name in ("a", "b")]
        types.append({"type": "record", "name": f"T{n}", "fields": fields})
    make_codec("avro", schema=types)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (None, "needs a schema"),
        ("no/such.avsc", "does not exist"),
        ({"type": "recrd"}, "is no Avro schema"),
        (3, "is no Avro schema"),
        ({"type": "record", "name": "A", "fields": [{"name": "a", "type": "B"}]}, "is no Avro schema"),
        ({"type": "array", "items": "null"}, "items that take no bytes"),
        ({"type": "array", "items": {"type": "record", "name": "E", "fields": []}}, "items that take no bytes"),
        ({"type": "map", "values": {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}}, "no bytes"),
    ],
)  # fmt: skip
def test_an_avro_schema_that_cannot_be_used(schema: Any, text: str) -> None:
    with pytest.raises(CodecError) as caught:
        make_codec("avro", schema=schema)
    assert text in caught.value.message


# ----------------------------------------------------------------------------------------------- arrow


def test_arrow_tables_and_batches_without_a_copy() -> None:
    pa = pytest.importorskip("pyarrow")
    codec = make_codec("arrow")
    column = pa.array(range(100_000), pa.int64())
    batch = pa.record_batch({"n": column, "s": pa.array(["x"] * 100_000)})
    payload = codec.encode(batch)
    table = codec.decode(payload)
    assert table.equals(pa.table(batch))
    assert codec.decode(codec.encode(table)).equals(table)
    assert pa.ipc.open_stream(payload).read_all().equals(table)

    assert isinstance(codec, InParts)
    assert codec.zero_copy
    parts = codec.encode_parts(batch)
    assert b"".join(parts) == payload
    assert any(_address(part) == column.buffers()[1].address for part in parts)
    start = pa.py_buffer(payload).address
    assert start < table["n"].chunk(0).buffers()[1].address < start + len(payload)


def _address(part: Any) -> int:
    import pyarrow as pa

    return int(pa.py_buffer(part).address)


def test_arrow_offsets_that_point_outside_are_found() -> None:
    pa = pytest.importorskip("pyarrow")
    codec = make_codec("arrow")
    payload = codec.encode(pa.table({"s": ["abc", "de"]}))
    at = payload.index(b"\x03\0\0\0\x05\0\0\0")
    with pytest.raises(DecodeError, match="not Arrow"):
        codec.decode(payload[:at] + b"\x03\0\0\x70\x05\0\0\x70" + payload[at + 8 :])


def test_arrow_takes_arrow_only() -> None:
    with pytest.raises(EncodeError, match="cannot send dict as Arrow"):
        make_codec("arrow").encode({"a": [1]})


# ----------------------------------------------------------------------------------------------- numpy


def _arrays() -> list[Any]:
    np = pytest.importorskip("numpy")
    return [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(10)[::2],
        np.array(3.5),
        np.zeros((0, 4)),
        np.array(["2026-11-21"], dtype="M8[s]"),
        np.array([(1, b"ab")], dtype=[("n", "<i4"), ("tag", "S3")]),
        np.array(["żółw"]),
        np.array([(1,)], dtype=[("ż", "<i2")]),
        np.array([True, False]),
    ]


@pytest.mark.filterwarnings("ignore:Stored array in format 3.0")
@pytest.mark.parametrize("number", range(11))
def test_arrays_there_and_back_and_as_npy_files(number: int) -> None:
    import numpy as np

    codec, array = make_codec("numpy"), _arrays()[number]
    for _ in range(2):  # the second time from the headers that are remembered
        payload = codec.encode(array)
        found = codec.decode(payload)
        assert (found.dtype, found.shape) == (array.dtype, array.shape)
        assert np.array_equal(found, array)
    assert np.array_equal(np.load(io.BytesIO(payload)), array)
    saved = io.BytesIO()
    np.save(saved, array)
    assert np.array_equal(codec.decode(saved.getvalue()), array)


def test_arrays_are_not_copied() -> None:
    np = pytest.importorskip("numpy")
    codec, array = make_codec("numpy"), np.arange(100_000.0)
    assert isinstance(codec, InParts)
    header, data = codec.encode_parts(array)
    assert np.shares_memory(np.frombuffer(data), array)
    payload = bytes(header) + bytes(data)
    found = codec.decode(memoryview(payload))
    assert np.shares_memory(found, np.frombuffer(payload, np.uint8))
    assert not found.flags.writeable
    assert not codec.decode(memoryview(bytearray(payload))).flags.writeable


def test_a_scalar_is_an_array_without_dimensions() -> None:
    np = pytest.importorskip("numpy")
    assert make_codec("numpy").decode(make_codec("numpy").encode(np.float32(2.5))) == 2.5


def test_arrays_of_objects_never_travel() -> None:
    np = pytest.importorskip("numpy")
    codec = make_codec("numpy")
    for array in (np.array([object()]), np.zeros(1, dtype=[("a", "O")])):
        with pytest.raises(EncodeError, match="Python objects"):
            codec.encode(array)
        saved = io.BytesIO()
        np.save(saved, array, allow_pickle=True) if array.dtype.names else np.save(saved, [1])
        with pytest.raises(DecodeError):
            codec.decode(
                saved.getvalue().replace(b"'<i8'", b"'|O' ") if not array.dtype.names else saved.getvalue()
            )
    with pytest.raises(EncodeError, match="cannot send list as a NumPy array"):
        codec.encode([1, 2])


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}", "take"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (0, -1)}", "its shape is"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}", "its shape is"),
        ("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", "its fortran_order is"),
        ("{'descr': '<q9', 'fortran_order': False, 'shape': ()}", "not a NumPy array"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "it holds Python objects"),
        ("{'descr': '<f8', 'shape': ()}", "its header is {"),
        ("[" * 5000, "its header is no dictionary"),
        ("__import__('os')", "not a NumPy array"),
    ],
)
def test_headers_that_lie(header: str, text: str) -> None:
    pytest.importorskip("numpy")
    payload = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(8)
    with pytest.raises(DecodeError, match="not a NumPy array") as caught:
        make_codec("numpy").decode(payload)
    assert text in str(caught.value)


# ---------------------------------------------------------------------------------------------- pickle


class Wilful:
    def __reduce__(self) -> Any:
        raise KeyError("no")


def test_pickle_there_and_back_and_its_errors() -> None:
    codec = make_codec("pickle")
    assert codec.decode(codec.encode({1, (2, "x")})) == {1, (2, "x")}
    with pytest.raises(EncodeError, match="cannot send Wilful as pickle"):
        codec.encode(Wilful())
    with pytest.raises(EncodeError):
        codec.encode(lambda: None)
    for payload in (b"", b"x", pickle.dumps(1)[:-1], b"cno.such\nthing\n."):
        with pytest.raises(DecodeError, match="not a pickle"):
            codec.decode(payload)


# --------------------------------------------------------------------------------------------- missing


@pytest.mark.parametrize(
    ("name", "library", "extra"),
    [
        ("cbor", "cbor2", "[cbor]"),
        ("avro", "fastavro", "[avro]"),
        ("arrow", "pyarrow", "[arrow]"),
        ("numpy", "numpy", "[numpy]"),
    ],
)
def test_a_missing_library_is_named_with_what_installs_it(
    name: str, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"orchestrator.codecs.{name}", raising=False)
    with pytest.raises(CodecError) as caught:
        make_codec(name, schema=ORDER)
    assert library in caught.value.message
    assert f"pip install 'zmq-orchestrator{extra}'" == caught.value.remedy


def test_a_codec_that_is_none() -> None:
    with pytest.raises(CodecError) as caught:
        make_codec("jsn")
    assert "there is no such codec" in caught.value.message
    assert "json" in (caught.value.remedy or "")
