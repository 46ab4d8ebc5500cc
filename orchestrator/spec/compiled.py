"""A yes/no validator for the part of JSON Schema draft-07 that our schema uses, as closures.

It is there for speed: jsonschema takes 70 ms to import, and 150 ms for a thousand nodes. What is wrong is for
jsonschema to say, and a property test holds the two to the same verdict. A keyword that is not known here is
an error at compile time, so that the schema can't outgrow it unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

Check: TypeAlias = Callable[[Any], bool]
Schema: TypeAlias = Mapping[str, Any]

_ANNOTATIONS: Final = frozenset(
    {
        *("$schema", "$id", "title", "description", "default", "examples", "definitions", "$comment"),
        *("markdownDescription", "markdownEnumDescriptions", "defaultSnippets"),  # for editors
    }
)


def compile_schema(schema: Schema) -> Check:
    """A function that says whether data is valid. Raises ValueError for a keyword that it does not know."""
    return _Compiler(schema).compile(schema)


def _is_integer(value: Any) -> bool:
    kind = type(value)
    return kind is int or (kind is float and value.is_integer())


_TYPES: Final[dict[str, Check]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": _is_integer,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


class _Compiler:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._definitions: dict[str, Check] = {}

    def compile(self, schema: Schema) -> Check:
        if "$ref" in schema:  # draft-07: nothing beside $ref counts
            return self._reference(schema["$ref"])
        checks: list[Check] = []
        if "type" in schema:
            checks.append(_type(schema["type"]))
        checks.extend(self._scalar_checks(schema))
        checks.extend(self._array_checks(schema))
        if not _OBJECT_KEYWORDS.isdisjoint(schema):
            checks.append(self._object(schema))
        checks.extend(self._combinations(schema))
        unknown = schema.keys() - _KNOWN
        if unknown:
            raise ValueError(f"keywords that are not compiled: {sorted(unknown)}")
        return _all(checks)

    def _reference(self, reference: str) -> Check:
        if reference not in self._definitions:
            name = reference.removeprefix("#/definitions/")
            self._definitions[reference] = self.compile(self._root["definitions"][name])
        return self._definitions[reference]

    def _scalar_checks(self, schema: Schema) -> list[Check]:
        checks: list[Check] = []
        if "enum" in schema:
            checks.append(_enum(schema["enum"]))
        if "const" in schema:
            checks.append(_const(schema["const"]))
        if "pattern" in schema:
            checks.append(_pattern(schema["pattern"]))
        if "minLength" in schema:
            checks.append(_min_length(schema["minLength"]))
        if "minimum" in schema or "maximum" in schema:
            checks.append(_range(schema.get("minimum"), schema.get("maximum")))
        return checks

    def _array_checks(self, schema: Schema) -> list[Check]:
        checks: list[Check] = []
        if "minItems" in schema:
            checks.append(_min_items(schema["minItems"]))
        if schema.get("uniqueItems"):
            checks.append(_unique)
        if "items" in schema:
            checks.append(_items(self.compile(schema["items"])))
        return checks

    def _combinations(self, schema: Schema) -> list[Check]:
        checks: list[Check] = []
        if "allOf" in schema:
            checks.extend(self.compile(branch) for branch in schema["allOf"])
        if "anyOf" in schema:
            checks.append(_any([self.compile(branch) for branch in schema["anyOf"]]))
        if "oneOf" in schema:
            checks.append(_one([self.compile(branch) for branch in schema["oneOf"]]))
        return checks

    def _object(self, schema: Schema) -> Check:
        required = tuple(schema.get("required", ()))
        properties = {name: self.compile(value) for name, value in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(p).search, self.compile(s)) for p, s in schema.get("patternProperties", {}).items()
        ]
        names = self.compile(schema["propertyNames"]) if "propertyNames" in schema else None
        extra = schema.get("additionalProperties", True)
        other = None if isinstance(extra, bool) else self.compile(extra)

        def check_other(name: str, value: Any) -> bool:
            """A key that `properties` does not list."""
            matched = False
            for search, check in patterns:
                if search(name):
                    matched = True
                    if not check(value):
                        return False
            if matched:
                return True
            return other(value) if other is not None else bool(extra)

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name in required:
                if name not in value:
                    return False
            for name, item in value.items():
                known = properties.get(name)
                if known is None:
                    if not check_other(name, item):
                        return False
                elif not known(item):
                    return False
                if names is not None and not names(name):
                    return False
            return True

        return check


_OBJECT_KEYWORDS: Final = frozenset(
    {"required", "properties", "patternProperties", "propertyNames", "additionalProperties"}
)
_KNOWN: Final = (
    _ANNOTATIONS
    | _OBJECT_KEYWORDS
    | {"type", "enum", "const", "pattern", "minLength", "minimum", "maximum"}
    | {"minItems", "uniqueItems", "items", "allOf", "anyOf", "oneOf"}
)


def _all(checks: list[Check]) -> Check:
    if not checks:
        return lambda value: True
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda value: first(value) and second(value)

    def check(value: Any) -> bool:
        for each in checks:  # noqa: SIM110 - a generator would cost as much as the checks
            if not each(value):
                return False
        return True

    return check


def _any(checks: list[Check]) -> Check:
    def check(value: Any) -> bool:
        for each in checks:  # noqa: SIM110 - as above
            if each(value):
                return True
        return False

    return check


def _one(checks: list[Check]) -> Check:
    return lambda value: sum(1 for each in checks if each(value)) == 1


def _type(kinds: str | list[str]) -> Check:
    if isinstance(kinds, str):
        return _TYPES[kinds]
    return _any([_TYPES[kind] for kind in kinds])


def _enum(values: list[Any]) -> Check:
    if not all(isinstance(value, str) for value in values):
        raise ValueError("only texts are compiled in `enum`")
    allowed = frozenset(values)
    return lambda value: isinstance(value, str) and value in allowed


def _const(expected: Any) -> Check:
    if isinstance(expected, bool):
        return lambda value: value is expected
    return lambda value: value == expected and not isinstance(value, bool)


def _pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _min_length(least: int) -> Check:
    return lambda value: not isinstance(value, str) or len(value) >= least


def _range(least: float | None, most: float | None) -> Check:
    is_number = _TYPES["number"]

    def check(value: Any) -> bool:
        if not is_number(value):
            return True
        return not ((least is not None and value < least) or (most is not None and value > most))

    return check


def _min_items(least: int) -> Check:
    return lambda value: not isinstance(value, list) or len(value) >= least


def _unique(value: Any) -> bool:
    if not isinstance(value, list):
        return True
    # Our schema asks this of lists of texts only; of others the type is wrong anyway: no verdict changes.
    texts = [item for item in value if isinstance(item, str)]
    return len(set(texts)) == len(texts)


def _items(check_item: Check) -> Check:
    def check(value: Any) -> bool:
        if isinstance(value, list):
            for item in value:
                if not check_item(item):
                    return False
        return True

    return check
