"""What a check says, and whom it looks at. Whether its verdicts are right: tests/properties."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
from typing import Any

import pytest

from orchestrator.codecs import CodecError, DecodeError, EncodeError
from orchestrator.codecs.checking import SchemaCheck, make_check

TICK: Any = {
    "type": "object",
    "required": ["symbol", "price"],
    "properties": {
        "symbol": {"type": "string", "minLength": 1, "maxLength": 8},
        "price": {"type": "number", "exclusiveMinimum": 0},
        "side": {"enum": ["buy", "sell"]},
        "odd name": {"type": "boolean"},
        "legs": {"type": "array", "items": {"type": "object", "properties": {"venue": {"type": "string"}}}},
    },
    "additionalProperties": False,
}
GOOD = {"symbol": "AAPL", "price": 1.5}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (None, "$: None is not an object"),
        ({"symbol": "AAPL"}, "$: has no 'price'"),
        ({**GOOD, "price": "1.5"}, "$.price: '1.5' is not a number"),
        ({**GOOD, "price": 0}, "$.price: 0 is not more than 0"),
        ({**GOOD, "symbol": ""}, "$.symbol: '' has 0 characters: at least 1"),
        ({**GOOD, "symbol": "x" * 5000}, f"$.symbol: '{'x' * 59}… has 5000 characters: at most 8"),
        ({**GOOD, "side": "hold"}, "$.side: 'hold' is none of 'buy', 'sell'"),
        ({**GOOD, "odd name": 1}, "$['odd name']: 1 is not a boolean"),
        ({**GOOD, "legs": [{}, {"venue": b"x"}]}, "$.legs[1].venue: b'x' is not a string"),
        ({**GOOD, "extra": 1}, "$: has 'extra', which the schema does not know"),
    ],
)
def test_the_place_and_the_value_are_named(message: Any, said: str) -> None:
    check = SchemaCheck(TICK)
    with pytest.raises(DecodeError) as came:
        check.incoming(message)
    assert str(came.value) == f"does not fit its schema: {said}"
    if not isinstance(message, dict) or "legs" not in message:
        with pytest.raises(EncodeError) as goes:
            check.outgoing(message)
        assert str(goes.value).startswith("cannot send ")
        assert str(goes.value).endswith(f"it does not fit its schema: {said}")


def test_what_fits_passes() -> None:
    check = SchemaCheck(TICK)
    check.incoming({**GOOD, "side": "buy", "legs": [{"venue": "X", "more": 1}], "odd name": False})
    check.outgoing(GOOD)


@dataclasses.dataclass
class Tick:
    symbol: str
    price: Any


def test_what_is_sent_is_judged_as_it_will_arrive() -> None:
    check = SchemaCheck(TICK)
    check.outgoing(Tick("AAPL", 1.5))
    with pytest.raises(EncodeError, match=r"cannot send Tick: .*\$\.price: 'much' is not a number"):
        check.outgoing(Tick("AAPL", "much"))
    times = SchemaCheck({"type": "object", "properties": {"t": {"type": "string"}}})
    times.outgoing({"t": datetime.datetime(2026, 11, 21)})
    with pytest.raises(EncodeError, match="is not a string"):
        SchemaCheck({"type": "array", "items": {"type": "string"}}, "msgpack").outgoing([b"bytes"])


def test_what_the_codec_refuses_is_left_to_the_codec() -> None:
    SchemaCheck(TICK).outgoing({"symbol": object()})


def test_decimals_of_cbor_are_numbers() -> None:
    check = SchemaCheck({"type": "number", "multipleOf": 0.01, "maximum": 5}, "cbor")
    check.incoming(decimal.Decimal("4.50"))
    with pytest.raises(DecodeError, match=r"no multiple of 0\.01"):
        check.incoming(decimal.Decimal("4.505"))


def test_multiples_are_those_of_decimal_numbers() -> None:
    check = SchemaCheck({"multipleOf": 0.1})
    check.incoming(0.3)  # 0.3 % 0.1 is 0.09999999999999998
    with pytest.raises(DecodeError):
        check.incoming(0.35)
    for value in (float("nan"), float("inf")):
        with pytest.raises(DecodeError):
            check.incoming(value)


def test_a_schema_that_refers_to_itself() -> None:
    tree = SchemaCheck({"$ref": "#/$defs/node", "$defs": {"node": {
        "type": "object", "required": ["v"], "properties": {"v": {"type": "integer"},
        "left": {"$ref": "#/$defs/node"}, "right": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/node"}]}}}}})  # fmt: skip
    tree.incoming({"v": 1, "left": {"v": 2}, "right": None})
    with pytest.raises(DecodeError, match=r"\$\.right\.left\.v: 'x' is not an integer"):
        tree.incoming({"v": 1, "right": {"v": 1, "left": {"v": "x"}}})
    circle: dict[str, Any] = {"v": 1}
    circle["left"] = circle
    with pytest.raises(DecodeError, match="nested too deep"):
        tree.incoming(circle)


def test_what_is_not_looked_at_is_told() -> None:
    check = SchemaCheck(
        {"unevaluatedProperties": False, "properties": {"a": {"$ref": "https://example.com/a"}}}
    )
    assert check.unchecked == ("$ref: 'https://example.com/a'", "unevaluatedProperties")
    check.incoming({"b": 1})


@pytest.mark.parametrize(
    "schema",
    [
        3,
        "text",
        {"type": "strng"},
        {"pattern": "("},
        {"properties": 3},
        {"$ref": "#/$defs/none"},
        {"items": {"type": 3}},
        {"required": 3},
    ],
)
def test_what_is_no_schema(schema: Any) -> None:
    with pytest.raises(CodecError, match=r"the schema is no JSON Schema: ."):
        SchemaCheck(schema)


def test_who_is_checked() -> None:
    for codec in ("json", "msgpack", "cbor"):
        assert make_check(codec, TICK) is not None
        assert make_check(codec, None) is None
    for codec in ("raw", "text", "protobuf", "avro", "arrow", "numpy", "pickle", "acme.fast"):
        assert make_check(codec, TICK) is None
