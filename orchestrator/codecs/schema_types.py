"""A JSON Schema as a Python type by which `msgspec` can check a value in C: five times as fast as code made
for it in Python, a hundred times as fast as walking through the schema.

Sound, not complete: what the type accepts, the schema accepts. What has no type (combinations, references,
most of the rarer keywords) makes the whole schema have none; what the type refuses, the rules look at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Union

import msgspec

_NOTES: Final = frozenset(
    {"title", "description", "examples", "$comment", "default", "$schema", "$id", "format", "deprecated"}
    | {"readOnly", "writeOnly", "$defs", "definitions"}
)
"""Keywords that judge nothing."""
_EXACT: Final = 2**53
"""Up to here an integer is a float without loss."""
_KEYWORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "string": {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
    "integer": {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"},
    "number": {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"},
    "array": {"minItems": "min_length", "maxItems": "max_length"},
    "boolean": {},
    "null": {},
    "object": {},
}
"""JSON Schema's type -> its keywords, as msgspec.Meta names them."""
_PLAIN: Final = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}


class Untyped(Exception):  # noqa: N818 - an answer, not an error
    """There is no type for this schema."""


def type_for(schema: Any) -> Any | None:
    """A type that msgspec can convert to, or None."""
    try:
        made = _type(schema)
        msgspec.json.Decoder(made)  # refuses what it cannot tell apart, such as two kinds of object
    except (Untyped, TypeError, ValueError, RecursionError):
        return None
    return made


def _type(schema: Any) -> Any:
    if schema is True or schema == {}:
        return Any
    if not isinstance(schema, Mapping):
        raise Untyped
    told = {key: value for key, value in schema.items() if key not in _NOTES}
    if not told:
        return Any
    if "enum" in told:
        return _enum(told)
    names = told.pop("type", None)
    if isinstance(names, str):
        return _of_type(names, told)
    if not isinstance(names, list) or not names or told.keys() - _allowed(names):
        raise Untyped
    made = [_of_type(name, {k: v for k, v in told.items() if k in _allowed([name])}) for name in names]
    return Union[tuple(made)]  # noqa: UP007 - made at run time


def _allowed(names: list[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        found |= _KEYWORDS.get(name, {}).keys()
        if name == "array":
            found.add("items")
        if name == "object":
            found |= {"properties", "required", "additionalProperties"}
    return found


def _enum(told: dict[str, Any]) -> Any:
    values = told.pop("enum")
    if told.keys() - {"type"} or told.get("type", "string") != "string":
        raise Untyped
    if not values or not all(type(value) is str for value in values):
        raise Untyped
    return Literal[tuple(values)]


def _of_type(name: str, told: dict[str, Any]) -> Any:
    if name not in _KEYWORDS or told.keys() - _allowed([name]):
        raise Untyped
    if name == "object":
        return _object(told)
    base: Any = list[_type(told.pop("items", True))] if name == "array" else _PLAIN[name]  # type: ignore[misc]
    if not told:
        return base
    for value in told.values():
        if isinstance(value, bool) or (isinstance(value, (int, float)) and abs(value) > _EXACT):
            raise Untyped
    return Annotated[base, msgspec.Meta(**{_KEYWORDS[name][key]: value for key, value in told.items()})]


def _object(told: dict[str, Any]) -> Any:
    members, required = told.get("properties", {}), told.get("required", [])
    others = told.get("additionalProperties", True)
    if not isinstance(members, Mapping) or not isinstance(required, list):
        raise Untyped
    if not members and not required:
        if others is False:
            raise Untyped
        return dict if others is True or others == {} else dict[str, _type(others)]  # type: ignore[misc]
    if others is not True and (others is not False or not members.keys() >= set(required)):
        raise Untyped
    fields: list[Any] = []
    for number, name in enumerate({**dict.fromkeys(members), **dict.fromkeys(required)}):
        default = {} if name in required else {"default": None}
        fields.append((f"f{number}", _type(members.get(name, True)), msgspec.field(name=name, **default)))
    return msgspec.defstruct("Checked", fields, kw_only=True, forbid_unknown_fields=others is False, gc=False)
