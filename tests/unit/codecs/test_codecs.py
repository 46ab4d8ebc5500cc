"""Codecs: there and back, and what they say about what does not fit."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.codecs import Codec, CodecError, DecodeError, EncodeError, make_codec
from orchestrator.vocabulary import CodecName, JsonValue

PROTO = """syntax = "proto3";
package trading;
message Order { string symbol = 1; int32 qty = 2; repeated Leg legs = 3; }
message Leg { string venue = 1; }
"""

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=10,
)


@pytest.fixture
def protobuf(tmp_path: Path) -> Codec:
    pytest.importorskip("grpc_tools")
    (tmp_path / "order.proto").write_text(PROTO)
    return make_codec(
        CodecName.PROTOBUF, schema="order.proto", message_type="trading.Order", directory=str(tmp_path)
    )


@given(json_values)
@pytest.mark.parametrize("name", [CodecName.JSON, CodecName.MSGPACK])
def test_json_and_msgpack_bring_back_what_was_sent(name: CodecName, value: JsonValue) -> None:
    codec = make_codec(name)
    assert codec.decode(codec.encode(value)) == value


@given(st.binary(max_size=200))
@pytest.mark.parametrize("name", [CodecName.RAW, CodecName.TEXT, CodecName.JSON, CodecName.MSGPACK])
def test_decoding_garbage_raises_decode_error_and_nothing_else(name: CodecName, garbage: bytes) -> None:
    with contextlib.suppress(DecodeError):
        make_codec(name).decode(garbage)


@given(garbage=st.binary(max_size=200))
def test_decoding_protobuf_garbage(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    pytest.importorskip("grpc_tools")
    directory = tmp_path_factory.getbasetemp()
    (directory / "order.proto").write_text(PROTO)
    codec = _CACHE.get("codec") or _CACHE.setdefault(
        "codec",
        make_codec(
            CodecName.PROTOBUF, schema="order.proto", message_type="trading.Order", directory=str(directory)
        ),
    )
    with contextlib.suppress(DecodeError):
        codec.decode(garbage)


_CACHE: dict[str, Codec] = {}


def test_nested_garbage_is_no_recursion_error() -> None:
    for name, payload in ((CodecName.JSON, b"[" * 100_000), (CodecName.MSGPACK, b"\x91" * 100_000)):
        with pytest.raises(DecodeError):
            make_codec(name).decode(payload)


def test_bytes_and_text_stay_apart_in_msgpack() -> None:
    codec = make_codec(CodecName.MSGPACK)
    assert codec.decode(codec.encode([b"x", "x", {1: 2}])) == [b"x", "x", {1: 2}]


@pytest.mark.parametrize(
    ("name", "obj", "text"),
    [
        (CodecName.RAW, {"a": 1}, "cannot send dict as raw bytes: give the socket a codec in the topology"),
        (CodecName.RAW, "x", "cannot send str as raw bytes"),
        (CodecName.TEXT, b"x", "cannot send bytes as text"),
        (CodecName.TEXT, "\ud800", "cannot send the text as UTF-8"),
        (CodecName.JSON, [object()], "cannot send list as JSON: object has no JSON form"),
        (CodecName.JSON, float("nan"), "cannot send float as JSON: nan is not JSON"),
        (CodecName.JSON, {"a": [None, {"b": float("-inf")}]}, "cannot send dict as JSON: -inf is not JSON"),
        (CodecName.JSON, [2**70, float("inf")], "cannot send list as JSON: inf is not JSON"),
        (CodecName.JSON, "\ud800", "cannot send str as JSON"),
        (CodecName.MSGPACK, object(), "cannot send object as MessagePack: object has no MessagePack form"),
        (CodecName.MSGPACK, 2**70, "cannot send int as MessagePack"),
    ],
)
def test_what_cannot_be_encoded(name: CodecName, obj: Any, text: str) -> None:
    codec = make_codec(name)
    with pytest.raises(EncodeError) as caught:
        codec.encode(obj)
    assert str(caught.value).startswith(text)


def test_msgpack_is_clean_after_a_failure() -> None:
    codec = make_codec(CodecName.MSGPACK)
    with pytest.raises(EncodeError):
        codec.encode([1, 2, object()])
    assert codec.encode(1) == b"\x01"


@pytest.mark.parametrize(
    ("name", "payload", "text"),
    [
        (CodecName.TEXT, b"\xff", "not UTF-8 text: b'\\xff'"),
        (CodecName.JSON, b"{oops", "not JSON: b'{oops'"),
        (CodecName.JSON, b"NaN", "not JSON: b'NaN' ("),
        (CodecName.MSGPACK, b"\x93\x01", "not MessagePack: b'\\x93\\x01'"),
        (CodecName.JSON, b"x" * 1000, f"not JSON: {b'x' * 32!r}… (1000 bytes)"),
    ],
)
def test_what_cannot_be_decoded(name: CodecName, payload: bytes, text: str) -> None:
    with pytest.raises(DecodeError) as caught:
        make_codec(name).decode(payload)
    assert str(caught.value).startswith(text)


def test_protobuf_takes_dicts_and_messages_and_gives_messages(protobuf: Codec) -> None:
    payload = protobuf.encode({"symbol": "AAPL", "qty": 3, "legs": [{"venue": "X"}]})
    order = protobuf.decode(payload)
    assert (order.symbol, order.qty, order.legs[0].venue) == ("AAPL", 3, "X")
    assert protobuf.encode(order) == payload
    assert protobuf.decode(protobuf.encode_nothing()).symbol == ""


@pytest.mark.parametrize("obj", [{"symbl": "x"}, {"qty": "many"}, "AAPL", 3, None])
def test_protobuf_says_what_it_carries(protobuf: Codec, obj: Any) -> None:
    with pytest.raises(EncodeError, match=r"trading\.Order"):
        protobuf.encode(obj)


@pytest.mark.parametrize(
    ("schema", "message_type", "text"),
    [
        (None, None, "codec protobuf needs a schema and a type"),
        ("order.proto", None, "codec protobuf needs a schema and a type"),
        ("missing.proto", "a.B", "missing.proto does not exist"),
        ("order.proto", "trading.Ordr", "defines no message trading.Ordr"),
        ("broken.proto", "a.B", "broken.proto does not compile"),
        ("no_such_pb2", "a.B", "cannot import 'no_such_pb2'"),
    ],
)
def test_a_schema_that_cannot_be_used(
    tmp_path: Path, schema: str | None, message_type: str | None, text: str
) -> None:
    pytest.importorskip("grpc_tools")
    (tmp_path / "order.proto").write_text(PROTO)
    (tmp_path / "broken.proto").write_text("message {")
    with pytest.raises(CodecError) as caught:
        make_codec(CodecName.PROTOBUF, schema=schema, message_type=message_type, directory=str(tmp_path))
    assert text in caught.value.message
    assert caught.value.remedy is not None or "exist" in text


def test_a_generated_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    protoc = pytest.importorskip("grpc_tools.protoc")
    (tmp_path / "generated_order.proto").write_text(PROTO.replace("trading", "made"))
    args = ["protoc", f"-I{tmp_path}", f"--python_out={tmp_path}", str(tmp_path / "generated_order.proto")]
    assert protoc.main(args) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    codec = make_codec(CodecName.PROTOBUF, schema="generated_order_pb2", message_type="made.Order")
    assert codec.decode(codec.encode({"qty": 1})).qty == 1
    with pytest.raises(CodecError, match=r"has no message made\.Ordr"):
        make_codec(CodecName.PROTOBUF, schema="generated_order_pb2", message_type="made.Ordr")


def test_a_missing_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "order.proto").write_text(PROTO)
    monkeypatch.setitem(sys.modules, "grpc_tools", None)
    with pytest.raises(CodecError) as caught:
        make_codec(
            CodecName.PROTOBUF, schema="order.proto", message_type="trading.Order", directory=str(tmp_path)
        )
    assert "grpcio-tools is not installed" in caught.value.message
    assert "zmq-orchestrator[protobuf]" in (caught.value.remedy or "")
