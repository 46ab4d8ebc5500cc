"""A Params dataclass as a JSON Schema (draft-07): a checker judges params without loading the node."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import Any

from orchestrator.sdk.forms.params_doc import descriptions
from orchestrator.vocabulary import JsonValue

_PLAIN: dict[Any, JsonValue] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    type(None): {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
    tuple: {"type": "array"},
}


def params_schema(declared: type) -> dict[str, JsonValue]:
    """The schema of what `build_params` accepts; what it cannot express becomes a schema that fits all.

    Descriptions are those of `params_doc`.
    """
    hints = typing.get_type_hints(declared)
    told = descriptions(declared)
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for field in dataclasses.fields(declared):
        if not field.init:
            continue
        schema = _schema(hints[field.name])
        if field.name in told:
            schema["description"] = told[field.name]
        if field.default is not dataclasses.MISSING:
            if isinstance(field.default, (str, int, float, bool)):
                schema["default"] = field.default
        elif field.default_factory is dataclasses.MISSING:
            required.append(field.name)
        properties[field.name] = schema
    made: dict[str, JsonValue] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = required
    return made


def _schema(hint: Any) -> dict[str, JsonValue]:
    plain = _PLAIN.get(hint) if isinstance(hint, type) else None
    if isinstance(plain, dict):
        return dict(plain)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _schema(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(a) for a in arguments]}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (list, set, frozenset) or (origin is tuple and arguments[-1] is Ellipsis):
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [m.value for m in hint]}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return params_schema(hint)
    return {}
