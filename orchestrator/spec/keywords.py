"""The keywords of JSON Schema: which there are, and what stands behind each of them.

Sources: JSON Schema draft-04 to 2020-12, core and validation. What differs between them is allowed as any of
them has it, unless the schema names its draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeGuard

TYPES: Final = ("null", "boolean", "object", "array", "number", "string", "integer")

ONE_SCHEMA: Final = frozenset(
    {"additionalProperties", "propertyNames", "contains", "not", "if", "then", "else", "additionalItems"}
    | {"unevaluatedItems", "unevaluatedProperties", "contentSchema"}
)
"""Keywords behind which a schema stands."""
SCHEMAS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords behind which a list of schemas stands."""
NAMED_SCHEMAS: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
)
"""Keywords behind which a mapping of schemas stands."""
COUNTS: Final = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
    | {"minContains", "maxContains"}
)
NUMBERS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
TEXTS: Final = frozenset(
    {"$ref", "$id", "id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$comment", "title"}
    | {"description", "format", "pattern", "contentEncoding", "contentMediaType"}
)
SWITCHES: Final = frozenset({"uniqueItems", "deprecated", "readOnly", "writeOnly"})
LISTS: Final = frozenset({"enum", "examples"})
OTHERS: Final = frozenset(
    {"type", "required", "items", "const", "default", "dependencies", "dependentRequired", "$vocabulary"}
)
KEYWORDS: Final = ONE_SCHEMA | SCHEMAS | NAMED_SCHEMAS | COUNTS | NUMBERS | TEXTS | SWITCHES | LISTS | OTHERS

RANGES: Final = (
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)

Schema = Mapping[str, Any]
NOTHING: Final[Schema] = MappingProxyType({})


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether JSON Schema takes it for a number: true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def resolve(root: object, reference: str) -> tuple[tuple[str | int, ...], Any] | None:
    """What `#/…` points at in the same schema, and its path (RFC 6901). None for what is not there."""
    if not reference.startswith("#"):
        return None
    path: list[str | int] = []
    value: Any = root
    for raw in reference[1:].split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and part in value:
            path.append(part)
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            path.append(int(part))
            value = value[int(part)]
        else:
            return None
    return tuple(path), value
