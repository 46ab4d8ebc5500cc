"""The keywords of JSON Schema that look at one value alone, compiled: bounds, lengths, enums, names.

Source: JSON Schema 2020-12, Validation; draft-04's booleans beside `minimum` and `maximum` are read as it
means them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.codecs.base import brief
from orchestrator.codecs.schema_values import ARTICLES, TYPES, frozen, is_multiple

Fault = tuple[tuple[str | int, ...], str]
"""Where in the value, and what is wrong there."""
Rule = Callable[[Any], Fault | None]

_NAMED: Final = 5
"""So many values of an enum are named to whom has none of them."""


def fine(value: Any) -> Fault | None:
    """What every value passes."""
    return None


def ask(good: bool, keyword: str, wanted: str) -> None:
    """Raise ValueError where a schema has something else than `wanted` behind a keyword."""
    if not good:
        raise ValueError(f"{keyword}: {wanted} belongs there")


def is_count(value: Any) -> bool:
    """Whether it is an integer from 0 on."""
    return TYPES["integer"](value) and value >= 0


def _type(wanted: Any, schema: Any) -> Rule:
    names = wanted if isinstance(wanted, list) else [wanted]
    ask(all(isinstance(name, str) and name in TYPES for name in names), "type", "the name of a type")
    tests = [TYPES[name] for name in names]
    said = " or ".join(ARTICLES[name] for name in names)
    if len(tests) == 1:
        [test] = tests
        return lambda value: None if test(value) else ((), f"{brief(value)} is not {said}")
    return lambda value: None if any(t(value) for t in tests) else ((), f"{brief(value)} is not {said}")


def _enum(values: Any, schema: Any) -> Rule:
    ask(isinstance(values, list), "enum", "a list")
    allowed = frozenset(map(frozen, values))
    said = ", ".join(map(brief, values[:_NAMED])) + (" …" if len(values) > _NAMED else "")

    def enum(value: Any) -> Fault | None:
        return None if frozen(value) in allowed else ((), f"{brief(value)} is none of {said}")

    return enum


def _const(wanted: Any, schema: Any) -> Rule:
    form = frozen(wanted)
    return lambda value: None if frozen(value) == form else ((), f"{brief(value)} is not {brief(wanted)}")


def _bound(breaks: Callable[[Any, Any], bool], said: str, strict: str = "", harder: Any = None) -> Any:
    """A limit of numbers. Draft-04 makes it strict by a `true` beside it."""

    def make(limit: Any, schema: Mapping[str, Any]) -> Rule:
        if isinstance(limit, bool):
            return fine  # draft-04's exclusiveMinimum: read with its minimum
        number = TYPES["number"]
        ask(number(limit), said, "a number")
        test = harder if strict and schema.get(strict) is True else breaks
        return lambda value: ((), f"{value} {said} {limit}") if number(value) and test(value, limit) else None

    return make


def _size(kind: Any, breaks: Callable[[int, Any], bool], unit: str, said: str) -> Any:
    def make(limit: Any, schema: Any) -> Rule:
        ask(is_count(limit), f"{said} … {unit}", "a number from 0 on")

        def size(value: Any) -> Fault | None:
            if isinstance(value, kind) and breaks(len(value), limit):
                return (), f"{brief(value)} has {len(value)} {unit}: {said} {limit}"
            return None

        return size

    return make


def _pattern(pattern: Any, schema: Any) -> Rule:
    ask(isinstance(pattern, str), "pattern", "a regular expression")
    matches = re.compile(pattern).search

    def fits(value: Any) -> Fault | None:
        if isinstance(value, str) and not matches(value):
            return (), f"{brief(value)} does not match {pattern}"
        return None

    return fits


def _multiple(of: Any, schema: Any) -> Rule:
    number = TYPES["number"]
    ask(number(of) and of > 0 and of - of == 0, "multipleOf", "a number greater than 0")
    return lambda v: ((), f"{v} is no multiple of {of}") if number(v) and not is_multiple(v, of) else None


def _unique(wanted: Any, schema: Any) -> Rule:
    def unique(value: Any) -> Fault | None:
        if wanted and isinstance(value, (list, tuple)):
            seen: set[object] = set()
            for index, item in enumerate(value):
                seen.add(frozen(item))
                if len(seen) <= index:
                    return (index,), f"{brief(item)} is there twice"
        return None

    return unique


def _required(names: Any, schema: Any) -> Rule:
    if isinstance(names, bool):
        return fine  # draft-03
    ask(
        isinstance(names, list) and all(isinstance(name, str) for name in names),
        "required",
        "a list of names",
    )
    wanted = tuple(names)

    def required(value: Any) -> Fault | None:
        if isinstance(value, Mapping):
            for name in wanted:
                if name not in value:
                    return (), f"has no {brief(name)}"
        return None

    return required


_STRINGS: Final = str
_ARRAYS: Final = (list, tuple)

KEYWORDS: Final[Mapping[str, Callable[[Any, Mapping[str, Any]], Rule]]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(lambda v, m: v < m, "is less than", "exclusiveMinimum", lambda v, m: v <= m),
    "maximum": _bound(lambda v, m: v > m, "is more than", "exclusiveMaximum", lambda v, m: v >= m),
    "exclusiveMinimum": _bound(lambda v, m: v <= m, "is not more than"),
    "exclusiveMaximum": _bound(lambda v, m: v >= m, "is not less than"),
    "multipleOf": _multiple,
    "minLength": _size(_STRINGS, lambda n, m: n < m, "characters", "at least"),
    "maxLength": _size(_STRINGS, lambda n, m: n > m, "characters", "at most"),
    "pattern": _pattern,
    "minItems": _size(_ARRAYS, lambda n, m: n < m, "items", "at least"),
    "maxItems": _size(_ARRAYS, lambda n, m: n > m, "items", "at most"),
    "uniqueItems": _unique,
    "minProperties": _size(Mapping, lambda n, m: n < m, "members", "at least"),
    "maxProperties": _size(Mapping, lambda n, m: n > m, "members", "at most"),
    "required": _required,
}
