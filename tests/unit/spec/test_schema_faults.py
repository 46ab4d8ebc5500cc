"""What is wrong with a JSON Schema, in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from orchestrator.spec.schema import load_schema
from orchestrator.spec.schema_faults import faults


@pytest.mark.parametrize(
    ("schema", "path", "words"),
    [
        ({"type": "objekt"}, ("type",), "did you mean `object`?"),
        ({"type": "float"}, ("type",), "did you mean `number`?"),
        ({"type": ["string", "int"]}, ("type",), "did you mean `integer`?"),
        ({"properties": {"a": {"required": True}}}, ("properties", "a", "required"), "true or false"),
        ({"required": "a"}, ("required",), "a list of keys"),
        ({"minimum": "3"}, ("minimum",), "it takes a number"),
        ({"maxLength": -1}, ("maxLength",), "a whole number, 0 or more"),
        ({"pattern": "("}, ("pattern",), "no regular expression"),
        ({"items": {"enum": []}}, ("items", "enum"), "an empty list"),
        ({"items": 3}, ("items",), "where a schema belongs"),
        ({"anyOf": {}}, ("anyOf",), "a list of schemas"),
        ({"properties": ["a"]}, ("properties",), "a mapping"),
        ({"$ref": "#/$defs/x"}, ("$ref",), "leads nowhere"),
        ({"requird": ["a"]}, ("requird",), "did you mean `required`?"),
        ({"minimum": 5, "maximum": 1}, ("minimum",), "nothing fits"),
    ],
)
def test_one_fault(schema: Any, path: tuple[str, ...], words: str) -> None:
    (fault,) = faults(schema)
    assert fault.path == path
    assert words in f"{fault.fact}; {fault.remedy}"


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"$defs": {"x": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
        {"$ref": "https://example.com/x.json"},
        {"exclusiveMinimum": True, "minimum": 1},
        {"items": [{"type": "string"}], "additionalItems": False},
        {"x-unit": "EUR", "example": 3, "nullable": True, "tags": ["a"]},
        {"properties": {"type": {"type": "string"}, "required": {"type": "boolean"}}},
    ],
)
def test_what_some_draft_allows(schema: Any) -> None:
    assert list(faults(schema)) == []


def test_the_schema_of_the_language_has_none() -> None:
    assert [fault for fault in faults(load_schema()) if fault.strict] == []


KEYWORDS = (
    "type",
    "properties",
    "required",
    "items",
    "anyOf",
    "minimum",
    "minLength",
    "enum",
    "pattern",
    "uniqueItems",
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.sampled_from(["string", "integer", "x", "^a$"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=3))
def test_what_has_no_fault_is_a_schema_for_jsonschema_too(schema: Any) -> None:
    if any(fault.strict for fault in faults(schema)):
        return
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:  # a list of items, an empty one of examples: right in another draft
        assert "items" in error.absolute_path or error.validator in ("minItems", "uniqueItems")
