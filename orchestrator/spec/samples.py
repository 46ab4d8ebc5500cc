"""Values that a JSON Schema accepts, made up from what it says. Guesses: who needs to be sure validates."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.spec.keywords import NOTHING, Schema, is_number, resolve

_MAX_DEPTH: Final = 12
_LONGEST: Final = 1000
_TEXTS: Final = (
    "", "a", "A", "0", "1", "ab", "AB", "abc", "ABC", "a1", "A1", "AAPL", "12", "123", "a-b", "a_b", "a.b",
    "a@b.c", "2026-01-01", "2026-01-01T00:00:00Z", "12:00", "http://a/", "-", " ",
)  # fmt: skip
"""Tried where a text must match a pattern."""


class NoSampleError(Exception):
    """Nothing comes to mind that the schema might accept."""


def types_of(schema: Schema) -> frozenset[str] | None:
    """The types that a schema allows by `type`, `const` or `enum`; None where it does not say."""
    said = schema.get("type")
    if isinstance(said, str):
        return frozenset({said})
    if isinstance(said, list):
        return frozenset(said)
    if "const" in schema:
        return frozenset({type_of(schema["const"])})
    if isinstance(schema.get("enum"), list):
        return frozenset(type_of(value) for value in schema["enum"])
    return None


def type_of(value: Any) -> str:
    """A value's type in JSON Schema's words; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "integer" if value == math.floor(value) else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def follow(root: Any, schema: Any, hops: int = 8) -> Any:
    """The schema behind its `$ref`s; nothing (which accepts all) behind one that can't be followed."""
    while isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
        found = resolve(root, schema["$ref"])
        if found is None or hops == 0:
            return NOTHING
        schema, hops = found[1], hops - 1
    return schema


class Sampler:
    """Makes values of one schema. `hint` is another schema, asked for what the first leaves open."""

    def __init__(self, root: Any, hint_root: Any = NOTHING) -> None:
        self._root = root
        self._hint_root = hint_root

    def sample(self, schema: Any, hint: Any = NOTHING, *, of_type: str | None = None, depth: int = 0) -> Any:
        """A value that `schema` probably accepts. Raises NoSampleError."""
        schema, hint = follow(self._root, schema), follow(self._hint_root, hint)
        if schema is False or depth > _MAX_DEPTH:
            raise NoSampleError
        schema = schema if isinstance(schema, Mapping) else NOTHING
        hint = hint if isinstance(hint, Mapping) else NOTHING
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return next((v for v in schema["enum"] if of_type in (None, type_of(v))), schema["enum"][0])
        for merged in alternatives(self._root, schema):
            if merged is not schema:
                return self.sample(merged, hint, of_type=of_type, depth=depth + 1)
        kind = of_type or self._type(schema, hint)
        return self._of(kind, schema, hint, depth)

    def _type(self, schema: Schema, hint: Schema) -> str:
        known = types_of(schema)
        wanted = types_of(hint)
        if known is None:
            if "properties" in schema or "required" in schema:
                return "object"
            if "items" in schema:
                return "array"
            return min(wanted) if wanted else "string"
        both = known & wanted if wanted else known
        return min(both or known)

    def _of(self, kind: str, schema: Schema, hint: Schema, depth: int) -> Any:
        match kind:
            case "object":
                return self.mapping(schema, hint, depth=depth)
            case "array":
                return self._list(schema, hint, depth)
            case "string":
                return _text(schema, hint)
            case "integer" | "number":
                return number(schema, hint, whole=kind == "integer")
            case "boolean":
                return True
            case _:
                return None

    def mapping(
        self, schema: Schema, hint: Schema = NOTHING, *, without: str | None = None, depth: int = 0
    ) -> dict[str, Any]:
        """A mapping with all that is required (but `without`), and all that only `hint` requires."""
        made: dict[str, Any] = {}
        properties, hinted = _mapping(schema.get("properties")), _mapping(hint.get("properties"))
        wanted = [name for name in hint.get("required", ()) if name in properties]
        for name in (*schema.get("required", ()), *wanted):
            if name != without and name not in made:
                made[name] = self.sample(
                    properties.get(name, NOTHING), hinted.get(name, NOTHING), depth=depth + 1
                )
        return made

    def _list(self, schema: Schema, hint: Schema, depth: int) -> list[Any]:
        wanted = max(
            _count(schema, "minItems"), min(_count(hint, "minItems"), _count(schema, "maxItems", _LONGEST))
        )
        if wanted > _LONGEST:
            raise NoSampleError
        items = schema.get("prefixItems", schema.get("items"))
        first = items if isinstance(items, list) else []
        rest = schema.get("items", NOTHING) if not isinstance(schema.get("items"), list) else NOTHING
        hinted = hint.get("items", NOTHING)
        hinted = NOTHING if isinstance(hinted, list) else hinted
        parts = [first[index] if index < len(first) else rest for index in range(wanted)]
        return [self.sample(part, hinted, depth=depth + 1) for part in parts]


def alternatives(root: Any, schema: Schema) -> list[Schema]:
    """A schema's alternatives (`anyOf`, `oneOf`), each with what stands beside them and `allOf` merged in."""
    if not schema.keys() & {"allOf", "anyOf", "oneOf"}:
        return [schema]
    base = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
    for part in schema.get("allOf", ()):
        base = merged(base, follow(root, part))
    choices = schema.get("anyOf") or schema.get("oneOf")
    if not choices:
        return [base]
    return [merged(base, follow(root, choice)) for choice in choices]


def merged(one: Schema, other: Any) -> dict[str, Any]:
    """Two schemas that both hold, as one; where they say the same keyword, roughly."""
    result = dict(one)
    if not isinstance(other, Mapping):
        return result
    for key, value in other.items():
        mine = result.get(key)
        if mine is None or key not in result:
            result[key] = value
        elif key == "properties" and isinstance(mine, Mapping) and isinstance(value, Mapping):
            result[key] = {**mine, **value}
        elif key == "required" and isinstance(mine, list) and isinstance(value, list):
            result[key] = [*mine, *(name for name in value if name not in mine)]
        elif key.startswith("min") and is_number(mine) and is_number(value):
            result[key] = max(mine, value)
        elif key.startswith("max") and is_number(mine) and is_number(value):
            result[key] = min(mine, value)
        elif key == "type":
            both = (types_of({"type": mine}) or frozenset()) & (types_of({"type": value}) or frozenset())
            result[key] = sorted(both) or mine
    return result


def number(schema: Schema, hint: Schema = NOTHING, *, whole: bool) -> int | float:
    """A number within the bounds, of the hint too where there is room. Raises NoSampleError."""
    step = schema.get("multipleOf")
    if is_number(step):
        tried = [step * factor for factor in (0, 1, 2, -1, 10, 100)]
    else:
        bounds = [s[key] for s in (schema, hint) for key in _BOUNDS if is_number(s.get(key))]
        tried = [0, 1, *(bound + shift for bound in bounds for shift in (0, 1, -1))]
        if not whole:
            tried = [0.5, *(value + 0.5 for value in tried), *tried]
    fitting = [value for value in tried if in_bounds(schema, value) and (not whole or value == int(value))]
    if not fitting:
        raise NoSampleError
    best = next((value for value in fitting if in_bounds(hint, value)), fitting[0])
    return int(best) if whole else best


_BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def in_bounds(schema: Schema, value: float) -> bool:
    """Whether a number is within a schema's bounds; draft-04's `exclusiveMinimum: true` counts."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if is_number(low) and (value < low or (above is True and value == low)):
        return False
    if is_number(high) and (value > high or (below is True and value == high)):
        return False
    if is_number(above) and value <= above:
        return False
    return not (is_number(below) and value >= below)


def _text(schema: Schema, hint: Schema) -> str:
    least = max(
        _count(schema, "minLength"), min(_count(hint, "minLength"), _count(schema, "maxLength", _LONGEST))
    )
    if least > _LONGEST:
        raise NoSampleError
    pattern = schema.get("pattern")
    said = [
        value for value in (schema.get("default"), *_listed(schema.get("examples"))) if isinstance(value, str)
    ]
    tried = [*said, "a" * least, *_TEXTS]
    for wanted in (hint.get("pattern"), None):
        for text in tried:
            if len(text) >= least and _matches(pattern, text) and _matches(wanted, text):
                return text
    raise NoSampleError


def _matches(pattern: object, text: str) -> bool:
    if not isinstance(pattern, str):
        return True
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def _count(schema: Schema, key: str, otherwise: int = 0) -> int:
    value = schema.get(key)
    return int(value) if is_number(value) and value is not None else otherwise


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else NOTHING


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
