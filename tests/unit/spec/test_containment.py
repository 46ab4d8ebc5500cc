"""Whether one JSON Schema accepts what another one allows; every gap has an example that proves it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from orchestrator.spec.containment import Gap, gaps


def accepts(schema: Any, value: Any) -> bool:
    return Draft202012Validator(schema).is_valid(value)


def only(sender: Any, receiver: Any) -> Gap:
    (gap,) = gaps(sender, receiver)
    assert accepts(sender, gap.example)
    assert not accepts(receiver, gap.example)
    return gap


def text() -> dict[str, Any]:
    return {"type": "string"}


def keys(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("sender", "receiver", "fact", "strict"),
    [
        (text(), {"type": "number"}, "may be text, and has to be a number", True),
        ({"type": "number"}, {"type": "integer"}, "may be a number with a fraction, and has to be a whole number", True),
        ({"type": ["number", "null"]}, {"type": "number"}, "may be null, and has to be a number", True),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, 'may be `"b"`, and has to be `"a"`', True),
        (text(), {"const": "a"}, 'may be any text, and has to be `"a"`', True),
        ({"type": "boolean"}, {"const": True}, "may be true or false, and has to be `true`", True),
        ({"type": "object", "required": ["a"]}, {"required": ["b"]}, "need not have the key `b`, which is required", True),
        (keys(a=text()), {"additionalProperties": False}, "may have the key `a`, and no such key is accepted", True),
        ({"type": "number"}, {"minimum": 0}, "may be -1, and has to be 0 or more", False),
        ({"type": "integer", "maximum": 9}, {"exclusiveMaximum": 9}, "may be 9, and has to be less than 9", False),
        ({"type": "integer"}, {"multipleOf": 5}, "may be 1, and has to be a multiple of 5", False),
        (text(), {"minLength": 1}, "may have 0 characters, and has to have 1 or more", False),
        (text(), {"maxLength": 8}, "may have more than 8 characters, and has to have 8 or less", False),
        (text(), {"pattern": "^[A-Z]+$"}, 'may be `""`, and has to match `^[A-Z]+$`', False),
        ({"type": "array"}, {"minItems": 1}, "may have 0 items, and has to have 1 or more", False),
        ({"type": "array"}, {"uniqueItems": True}, "may hold an item twice, and has to hold each once", False),
    ],
)  # fmt: skip
def test_one_keyword_refuses(sender: Any, receiver: Any, fact: str, strict: bool) -> None:
    gap = only(sender, receiver)
    assert (gap.fact, gap.strict, gap.where) == (fact, strict, ())


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        ({"type": "integer"}, {"type": "number"}),
        ({"enum": ["a"]}, text()),
        ({"enum": ["a"]}, {"enum": ["b", "a"]}),
        ({"enum": [1]}, {"enum": [1.0]}),
        ({"type": "number", "minimum": 1}, {"type": "number", "minimum": 0}),
        ({"type": "string", "maxLength": 4}, {"type": "string", "maxLength": 8}),
        (text(), {}),
        ({}, text()),
        (text(), True),
        ({"type": "object", "required": ["a", "b"]}, {"type": "object", "required": ["a"]}),
        ({"type": "object", "required": ["a"]}, keys(a={"type": "number"})),
        (keys(a=text()), keys(b={"type": "number"})),
        (keys(a=text()), {**keys(b=text()), "additionalProperties": text()}),
        ({"anyOf": [text(), {"type": "null"}]}, {"type": ["null", "string", "number"]}),
        (text(), {"anyOf": [{"type": "number"}, text()]}),
        ({"$ref": "#/$defs/x", "$defs": {"x": text()}}, text()),
        ({"$ref": "https://example.com/elsewhere.json"}, text()),
        ({"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "number"}}),
        ({"type": "string", "pattern": "^[0-9]{17}x$"}, {"type": "string", "pattern": "x$"}),
        ({"allOf": [keys(a=text()), {"required": ["a"]}]}, {"required": ["a"]}),
    ],
)
def test_what_fits(sender: Any, receiver: Any) -> None:
    assert gaps(sender, receiver) == ()


def test_places_within_the_message_and_both_schemas() -> None:
    sender = keys(orders={"type": "array", "items": keys(price=text())})
    receiver = keys(orders={"type": "array", "items": keys(price={"type": "number"})})
    gap = only(sender, receiver)
    assert gap.where == ("orders", 0, "price")
    assert gap.sender == gap.receiver == ("properties", "orders", "items", "properties", "price", "type")
    assert gap.example == {"orders": [{"price": ""}]}


def test_a_reference_leads_to_its_place() -> None:
    sender = {"$defs": {"x": text()}, **keys(a={"$ref": "#/$defs/x"})}
    gap = only(sender, keys(a={"type": "number"}))
    assert gap.sender == ("$defs", "x", "type")


def test_schemas_that_refer_to_themselves() -> None:
    def tree(value: str) -> dict[str, Any]:
        node = keys(next={"$ref": "#/$defs/node"}, value={"type": value})
        return {"$defs": {"node": node}, "$ref": "#/$defs/node"}

    assert only(tree("string"), tree("number")).where == ("value",)


def test_alternatives_are_told_at_their_keyword() -> None:
    gap = only({"type": ["string", "null"]}, {"anyOf": [text(), {"type": "number"}]})
    assert gap.receiver == ("anyOf",)
    assert gap.example is None


def test_an_example_has_what_the_rest_of_the_message_needs() -> None:
    sender = {"type": "object", "required": ["a", "b"], "properties": {"a": text(), "b": text()}}
    receiver = {
        "required": ["a"],
        "properties": {"a": {"enum": ["x"]}, "b": {"type": "number"}, "c": {"type": "number"}},
    }
    assert {gap.where for gap in gaps(sender, receiver)} == {("a",), ("b",)}


# ---------------------------------------------------------------------- whatever the schemas

NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(-3, 3)
LEAVES = st.one_of(
    st.builds(lambda t: {"type": t}, st.sampled_from(["string", "number", "integer", "boolean", "null"])),
    st.builds(lambda t: {"type": t}, st.lists(st.sampled_from(["string", "integer", "null"]), min_size=1, unique=True)),
    st.builds(lambda v: {"enum": v}, st.lists(st.sampled_from(["x", 1, None, True, 2.5]), min_size=1, unique_by=repr)),
    st.builds(lambda a, b: {"type": "integer", "minimum": a, "maximum": b}, SMALL, SMALL),
    st.builds(lambda a: {"type": "number", "exclusiveMinimum": a}, SMALL),
    st.builds(lambda a, b: {"type": "string", "minLength": a, "maxLength": b}, st.integers(0, 3), st.integers(0, 3)),
    st.just({"type": "string", "pattern": "^[a-c]+$"}),
    st.just({}),
)  # fmt: skip


def mappings(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda properties, required, more: {
            "type": "object",
            "properties": properties,
            "required": required,
            **({} if more is None else {"additionalProperties": more}),
        },
        st.dictionaries(NAMES, inner, max_size=2),
        st.lists(NAMES, max_size=2, unique=True),
        st.none() | st.just(False) | inner,
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        mappings(inner),
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(SCHEMAS, SCHEMAS)
@settings(max_examples=300, deadline=None)
def test_every_gap_is_proved_by_its_example(sender: Any, receiver: Any) -> None:
    for gap in gaps(sender, receiver):
        assert accepts(sender, gap.example)
        assert not accepts(receiver, gap.example)


@given(SCHEMAS)
@settings(max_examples=100, deadline=None)
def test_a_schema_fits_itself(schema: Any) -> None:
    assert gaps(schema, schema) == ()
    assert gaps(schema, {}) == ()
    assert gaps(schema, {"anyOf": [{"type": "null"}, schema]}) == ()
