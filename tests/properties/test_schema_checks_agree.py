"""The checker of payloads judges as jsonschema does, whatever the schema and the value."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from orchestrator.codecs import CodecError, DecodeError, EncodeError
from orchestrator.codecs.checking import SchemaCheck
from orchestrator.codecs.schema_types import type_for

NAMES = st.sampled_from(["a", "b", "c", "odd name"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([1.0, 0.5, -2.5, 2**60, 2**70, 1e300])
    | st.sampled_from(["", "a", "ab", "żółw", "buy", "sell"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3), max_leaves=6
)
COUNTS = st.integers(0, 3)
BOUNDS = st.integers(-3, 3) | st.sampled_from([0.5, 2**60])
TYPES = st.sampled_from(["null", "boolean", "object", "array", "number", "string", "integer"])


def some(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, inner, max_size=3)
    return st.one_of(
        some(
            type=TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            minimum=BOUNDS, maximum=BOUNDS, exclusiveMinimum=BOUNDS, exclusiveMaximum=BOUNDS,
            minLength=COUNTS, maxLength=COUNTS, pattern=st.sampled_from(["^a", "b$", "^$"]),
            multipleOf=st.sampled_from([1, 2, 0.5]),
        ),
        some(type=st.just("object"), properties=members, required=st.lists(NAMES, max_size=2, unique=True),
             additionalProperties=inner),
        some(properties=members, patternProperties=st.dictionaries(st.just("^[ab]"), inner, max_size=1),
             additionalProperties=inner, propertyNames=st.just({"maxLength": 3}), minProperties=COUNTS,
             dependentRequired=st.just({"a": ["b"]})),
        some(type=st.just("array"), items=inner, minItems=COUNTS, maxItems=COUNTS),
        some(prefixItems=several, items=inner, uniqueItems=st.booleans(), contains=inner, minContains=COUNTS,
             maxContains=COUNTS),
        some(allOf=several, anyOf=several, oneOf=several),
        some(**{"not": inner, "if": inner, "then": inner, "else": inner}),
        some(enum=st.lists(VALUES, min_size=1, max_size=4), const=VALUES),
        some(enum=st.lists(st.sampled_from(["a", "buy", "sell"]), min_size=1), type=st.just("string")),
    )  # fmt: skip


SCHEMAS = st.recursive(st.booleans() | st.just({}), schemas, max_leaves=8)


NOBODY: dict[str, Any] = {"type": "object", "additionalProperties": False, "required": ["a"]}


def fits(check: SchemaCheck, value: Any) -> bool:
    try:
        check.incoming(value)
    except DecodeError as error:
        assert "does not fit its schema: $" in str(error)
        assert len(str(error)) < 500
        return False
    return True


@settings(max_examples=300)
@example(schema=NOBODY, values=[{"a": None}])
@given(SCHEMAS, st.lists(VALUES, min_size=1, max_size=6))
def test_the_verdict_is_that_of_jsonschema(schema: Any, values: list[Any]) -> None:
    check = SchemaCheck(schema)
    for value in values:
        expected = Draft202012Validator(schema).is_valid(value)
        assert fits(check, value) is expected, (schema, value)
        with contextlib.suppress(EncodeError):
            check.outgoing(value)
            assert expected


@settings(max_examples=150)
@given(
    some(type=TYPES, minimum=BOUNDS, exclusiveMinimum=BOUNDS, items=st.just([{"type": "integer"}]),
         additionalItems=st.just({"type": "string"}), dependencies=st.just({"a": ["b"], "c": {"minProperties": 2}})),
    VALUES,
)  # fmt: skip
def test_older_drafts_are_read_as_they_mean_it(schema: dict[str, Any], value: Any) -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema}
    assert fits(SchemaCheck(schema), value) is Draft7Validator(schema).is_valid(value)


WORDS = st.sampled_from(
    ["type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required", "properties", "patternProperties", "additionalProperties", "propertyNames", "items", "prefixItems", "additionalItems", "allOf", "anyOf", "oneOf", "not", "if", "then", "contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas", "dependencies", "$ref", "$schema", "$defs", "title", "object", "#", "("]
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats() | WORDS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(WORDS, v, max_size=4),
    max_leaves=8,
)


@settings(max_examples=400)
@given(st.dictionaries(WORDS, JUNK, max_size=3), VALUES)
@example(schema={"multipleOf": 0}, value=1)
@example(schema={"anyOf": []}, value=1)
@example(schema={"minimum": "x"}, value=1)
def test_what_is_no_schema_is_refused_when_it_is_compiled(schema: Any, value: Any) -> None:
    try:
        check = SchemaCheck(schema)
    except CodecError:
        return
    fits(check, value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": ["s"], "properties": {"s": {"type": "string", "minLength": 1}}},
        {"type": "array", "items": {"type": ["integer", "null"], "minimum": 0}},
        {"type": "object", "properties": {"side": {"enum": ["buy", "sell"]}}, "additionalProperties": False},
    ],
)
def test_ordinary_schemas_are_checked_in_c(schema: Any) -> None:
    assert type_for(schema) is not None
