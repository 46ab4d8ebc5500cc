"""The published schema: sound, complete for an editor, and found where it is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator

from orchestrator.spec import schema_text
from orchestrator.spec.compiled import compile_schema
from orchestrator.spec.schema import load_schema


def properties(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of every object in the schema, with its path."""
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            if isinstance(value, dict) and isinstance(schema.get("properties"), dict):
                yield f"{where}.{name}", value
        for key, value in schema.items():
            yield from properties(value, f"{where}.{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from properties(value, f"{where}[{index}]")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref")
    if reference is None:
        return schema
    return {**load_schema()["definitions"][reference.removeprefix("#/definitions/")], **schema}


def test_it_is_draft_07() -> None:
    Draft7Validator.check_schema(load_schema())


def test_every_key_is_described_and_has_an_example_or_a_list_of_its_values() -> None:
    found = list(properties(load_schema()))
    assert len(found) > 80
    for where, schema in found:
        whole = resolved(schema)
        assert whole.get("description"), where
        assert {"examples", "enum", "const"} & whole.keys(), where


def test_every_example_and_default_is_valid() -> None:
    definitions = load_schema()["definitions"]
    for where, schema in properties(load_schema()):
        whole = {**resolved(schema), "definitions": definitions}
        validator = Draft7Validator(whole)
        for example in [*whole.get("examples", []), *([whole["default"]] if "default" in whole else [])]:
            assert validator.is_valid(example), (where, example)


def test_unknown_keys_are_refused_wherever_keys_are_listed() -> None:
    def check(schema: Any, where: str) -> None:
        if isinstance(schema, dict):
            if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
                assert schema.get("additionalProperties") is False, where
                assert "^x-" in schema.get("patternProperties", {}), where
            for key, value in schema.items():
                if key not in ("examples", "default"):
                    check(value, f"{where}.{key}")
        elif isinstance(schema, list):
            for value in schema:
                check(value, where)

    check(load_schema(), "")


def test_the_text_is_the_file_for_editors() -> None:
    assert json.loads(schema_text()) == load_schema()


def test_a_valid_file_loads_no_jsonschema() -> None:
    code = """
import sys
from orchestrator.model.load import load
loaded = load("t", text="version: 1\\nname: t\\nnodes: {n: {run: m:f}}", environ={})
assert loaded.topology is not None, loaded.diagnostics
assert not {"jsonschema", "networkx", "zmq"} & set(sys.modules), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_keyword_that_is_not_compiled_is_an_error() -> None:
    with pytest.raises(ValueError, match="multipleOf"):
        compile_schema({"multipleOf": 3})


def _parts(part: Any) -> Iterator[dict[str, Any]]:
    """Every mapping of the schema that is not an example or a snippet."""
    if isinstance(part, dict):
        yield part
        for key, value in part.items():
            if key not in ("examples", "default", "defaultSnippets", "const"):
                yield from _parts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _parts(value)


def test_what_editors_show_as_markdown_is_the_description() -> None:
    described = [p for p in _parts(load_schema()) if isinstance(p.get("description"), str)]
    assert len(described) > 100
    assert [p["description"] for p in described if p.get("markdownDescription") != p["description"]] == []


def test_each_choice_is_explained_but_signals() -> None:
    choices = [
        p for p in _parts(load_schema()) if isinstance(p.get("enum"), list) and "SIGTERM" not in p["enum"]
    ]
    assert len(choices) > 8
    for part in choices:
        assert len(part.get("markdownEnumDescriptions", ())) == len(part["enum"]), part["enum"]


def test_no_default_is_null() -> None:
    # yaml-language-server 1.x offers no more keys behind one that has it
    assert [p for p in _parts(load_schema()) if "default" in p and p["default"] is None] == []
