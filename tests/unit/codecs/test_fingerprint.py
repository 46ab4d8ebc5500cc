"""Fingerprints: the same everywhere, and different for what means something else."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.codecs import make_codec
from orchestrator.codecs.fingerprint import canonical_json, fingerprint, of_text

SCHEMA: Any = {
    "type": "object",
    "required": ["price", "symbol"],
    "properties": {"price": {"type": "number", "minimum": 0.5}, "symbol": {"type": "string"}},
}
PROTO = """syntax = "proto3";
package shop;
message Order { string symbol = 1; repeated Leg legs = 3; Side side = 2; map<string, int64> sums = 4; }
message Leg { string venue = 1; Order of = 2; }
enum Side { BUY = 0; SELL = 1; }
"""
PROTO_TEXT = """message shop.Leg
1 string venue
2 message shop.Order of
message shop.Order
1 string symbol
2 enum shop.Side side
3 repeated message shop.Leg legs
4 repeated message shop.Order.SumsEntry sums
message shop.Order.SumsEntry
1 string key
2 int64 value
enum shop.Side
0 BUY
1 SELL"""


def test_the_number_is_what_the_page_says() -> None:
    """Any other program that computes it gets these."""
    assert of_text("json", None, '{"type":"object"}') == 0x41D7EC611668A315
    assert of_text("avro", "a.B", '"int"') == 0x7CB8BCAA6FBFAD31
    assert fingerprint(make_codec("json"), {"type": "object", "title": "x"}) == 0x41D7EC611668A315
    assert fingerprint(make_codec("json")) == 0


def test_what_changes_nothing_changes_nothing() -> None:
    codec, number = make_codec("json"), fingerprint(make_codec("json"), SCHEMA)
    other = copy.deepcopy(SCHEMA)
    other = {"title": "Tick", "$comment": "…", **dict(reversed(list(other.items())))}
    other["required"] = ["symbol", "price"]
    other["properties"]["symbol"]["description"] = "As the exchange writes it."
    assert fingerprint(codec, other) == number


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("properties", "price", "minimum"), 0.25),
        (("properties", "price", "type"), "integer"),
        (("required",), ["price"]),
        (("properties", "description"), {"type": "string"}),  # here it is a name
        (("properties", "symbol", "enum"), [{"title": "data"}]),
    ],
)
def test_what_changes_something_changes_it(path: tuple[str, ...], value: Any) -> None:
    other: Any = copy.deepcopy(SCHEMA)
    inner = other
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    assert fingerprint(make_codec("json"), other) != fingerprint(make_codec("json"), SCHEMA)


def test_codec_and_type_belong_to_it() -> None:
    numbers = {fingerprint(make_codec(name), SCHEMA) for name in ("json", "msgpack", "cbor")}
    numbers.add(fingerprint(make_codec("json"), SCHEMA, "Tick"))
    assert len(numbers) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (333333333.33333329, "333333333.3333333"),  # RFC 8785, 3.2.2 and appendix B
        (1e30, "1e+30"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (1e-27, "1e-27"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (9007199254740992, "9007199254740992"),
        (2**60, "1152921504606847000"),
        (295147905179352830000, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (1.0, "1"),
        ("\u20ac$\u000f\nA'\"\\/", '"€$\\u000f\\nA\'\\"\\\\/"'),
        ([None, True, False], "[null,true,false]"),
        ({"\u20ac": 1, "\r": 2, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7, "\ufb33": 8},
         '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":8}'),
    ],
)  # fmt: skip
def test_canonical_json_is_that_of_rfc_8785(value: Any, text: str) -> None:
    assert canonical_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_canonical_numbers_are_the_same_numbers(value: float) -> None:
    assert float(json.loads(canonical_json(value))) == value


def test_protobuf_from_a_file_and_from_a_generated_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    protoc = pytest.importorskip("grpc_tools.protoc")
    (tmp_path / "print_of_order.proto").write_text(PROTO)
    (tmp_path / "with_notes.proto").write_text(PROTO.replace("message Leg", "// a leg\nmessage Leg"))
    args = ["protoc", f"-I{tmp_path}", f"--python_out={tmp_path}", str(tmp_path / "print_of_order.proto")]
    assert protoc.main(args) == 0
    monkeypatch.syspath_prepend(str(tmp_path))
    numbers = set()
    for schema in ("print_of_order.proto", "with_notes.proto", "print_of_order_pb2"):
        codec = make_codec("protobuf", schema=schema, message_type="shop.Order", directory=str(tmp_path))
        assert codec.canonical() == PROTO_TEXT  # type: ignore[attr-defined]
        numbers.add(fingerprint(codec, schema, "shop.Order"))
    assert len(numbers) == 1


def test_avro_by_its_parsing_canonical_form() -> None:
    pytest.importorskip("fastavro")
    plain: Any = {"type": "record", "name": "shop.Tick", "fields": [{"name": "n", "type": "long"}]}
    noted = {"namespace": "shop", "doc": "…", "aliases": ["Old"], **plain, "name": "Tick"}
    noted["fields"] = [{"type": {"type": "long"}, "name": "n", "default": 1, "doc": "how many"}]
    one, two = (make_codec("avro", schema=schema) for schema in (plain, noted))
    assert fingerprint(one) == fingerprint(two) != 0
    assert fingerprint(one) == of_text(
        "avro", None, '{"name":"shop.Tick","type":"record","fields":[{"name":"n","type":"long"}]}'
    )


def test_another_process_gets_the_same() -> None:
    code = (
        "import json, sys; from orchestrator.codecs import make_codec;"
        "from orchestrator.codecs.fingerprint import fingerprint;"
        "print(fingerprint(make_codec('msgpack'), json.loads(sys.argv[1])))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code, json.dumps(SCHEMA)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert told == {f"{fingerprint(make_codec('msgpack'), SCHEMA)}\n"}
