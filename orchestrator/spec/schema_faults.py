"""What is wrong with a JSON Schema that a message names. Values in, values out; jsonschema is not loaded.

jsonschema's own check says that some meta-schema does not fit; what is said here is meant for people. What
one of the drafts allows is right unless the schema names its draft.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.spec.keywords import (
    COUNTS,
    KEYWORDS,
    LISTS,
    NAMED_SCHEMAS,
    NUMBERS,
    ONE_SCHEMA,
    RANGES,
    SCHEMAS,
    SWITCHES,
    TEXTS,
    TYPES,
    is_number,
    resolve,
)
from orchestrator.vocabulary import JsonValue, Path

_MAX_DEPTH: Final = 90


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in a schema."""

    path: Path
    """Where, from the schema's root; the last part is the keyword it is about."""
    fact: str
    remedy: str
    strict: bool = True
    """The schema is none as it stands. Otherwise it is legal, and not what was meant."""


def faults(schema: JsonValue) -> Iterator[Fault]:
    """Every mistake in a schema, in the order of the file."""
    yield from _Examiner(schema).examine(schema, ())


class _Examiner:
    def __init__(self, root: JsonValue) -> None:
        self._root = root

    def examine(self, schema: Any, path: Path) -> Iterator[Fault]:
        if isinstance(schema, bool) or len(path) > _MAX_DEPTH:
            return
        if not isinstance(schema, Mapping):
            yield Fault(path, f"{_said(schema)} stands where a schema belongs", "write a mapping of keywords")
            return
        for keyword, value in schema.items():
            yield from self._keyword(keyword, value, (*path, keyword))
        yield from _ranges(schema, path)

    def _keyword(self, keyword: str, value: Any, path: Path) -> Iterator[Fault]:
        if keyword in ONE_SCHEMA:
            yield from self.examine(value, path)
        elif keyword in SCHEMAS or (keyword == "items" and isinstance(value, list)):
            yield from self._several(keyword, value, path)
        elif keyword == "items":
            yield from self.examine(value, path)
        elif keyword in NAMED_SCHEMAS:
            yield from self._named(keyword, value, path)
        elif keyword == "$ref" and isinstance(value, str):
            if value.startswith("#/") and resolve(self._root, value) is None:
                yield Fault(
                    path, f"`{value}` leads nowhere", "references start at the schema: `#/$defs/NAME`"
                )
        elif keyword in _FORMS:
            yield from _FORMS[keyword](keyword, value, path)
        elif keyword not in KEYWORDS:
            yield from _unknown(keyword, path)

    def _several(self, keyword: str, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, list) or (not value and keyword != "items"):
            yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes a list of schemas")
            return
        for index, item in enumerate(value):
            yield from self.examine(item, (*path, index))

    def _named(self, keyword: str, value: Any, path: Path) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes a mapping: `NAME: {type: …}`")
            return
        for name, item in value.items():
            if keyword == "patternProperties":
                yield from _pattern(name, name, (*path, name))
            yield from self.examine(item, (*path, name))


def _unknown(keyword: str, path: Path) -> Iterator[Fault]:
    """Unknown keywords are legal, and mean nothing; a slip of the pen is told."""
    near = difflib.get_close_matches(keyword, KEYWORDS, n=1, cutoff=0.8)
    if near and not keyword.startswith("x-") and keyword not in _OPENAPI:
        yield Fault(
            path,
            f"`{keyword}` is no keyword of JSON Schema, and means nothing",
            f"did you mean `{near[0]}`?",
            strict=False,
        )


_OPENAPI: Final = frozenset({"example", "nullable", "discriminator", "xml", "externalDocs"})
"""Keywords that OpenAPI 3.0 adds."""


def _ranges(schema: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    for low, high in RANGES:
        least, most = schema.get(low), schema.get(high)
        if is_number(least) and is_number(most) and least > most:
            yield Fault(
                (*path, low),
                f"`{low}` is {least} and `{high}` is {most}: nothing fits",
                "exchange or change them",
                strict=False,
            )


# ---------------------------------------------------------------------- the form of single keywords


def _type(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    names = value if isinstance(value, list) else [value]
    if not names:
        yield Fault(path, "`type` is an empty list", f"types are {', '.join(TYPES)}")
    for name in names:
        if name in TYPES:
            continue
        near = difflib.get_close_matches(str(name), (*TYPES, *_OTHER_NAMES), n=1, cutoff=0.6)
        meant = _OTHER_NAMES.get(near[0], near[0]) if near else None
        yield Fault(
            path,
            f"`{name}` is no type of JSON Schema" if isinstance(name, str) else f"`type` is {_said(name)}",
            f"did you mean `{meant}`?" if meant else f"types are {', '.join(TYPES)}",
        )


_OTHER_NAMES: Final = {
    "str": "string", "text": "string", "bytes": "string", "int": "integer", "float": "number",
    "double": "number", "bool": "boolean", "dict": "object", "map": "object", "list": "array",
    "none": "null", "int64": "integer", "int32": "integer", "uint64": "integer", "decimal": "number",
}  # fmt: skip
"""What other languages call the types."""


def _required(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, bool):
        yield Fault(
            path,
            "`required` is true or false",
            "it stands beside `properties`, and lists the keys that must be there: `required: [a, b]`",
        )
    elif not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        yield Fault(path, f"`required` is {_said(value)}", "it takes a list of keys: `required: [a, b]`")


def _count(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if not is_number(value) or value < 0 or value != int(value):
        yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes a whole number, 0 or more")


def _number(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, bool) and keyword.startswith("exclusive"):
        return  # draft-04
    if not is_number(value) or (keyword == "multipleOf" and value <= 0):
        yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes a number")


def _text(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes text")
    elif keyword == "pattern":
        yield from _pattern(keyword, value, path)


def _pattern(keyword: str, value: str, path: Path) -> Iterator[Fault]:
    try:
        re.compile(value)
    except re.error as error:
        yield Fault(
            path, f"`{value}` is no regular expression: {error.msg}", "a `\\` takes a sign its meaning"
        )


def _switch(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, bool):
        yield Fault(path, f"`{keyword}` is {_said(value)}", "it is true or false")


def _list(keyword: str, value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, list) or not value:
        yield Fault(path, f"`{keyword}` is {_said(value)}", "it takes a list of values")


_Form = Callable[[str, Any, Path], Iterator[Fault]]
_FORMS: Final[Mapping[str, _Form]] = {
    "type": _type,
    "required": _required,
    **dict.fromkeys(COUNTS, _count),
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(TEXTS, _text),
    **dict.fromkeys(SWITCHES, _switch),
    **dict.fromkeys(LISTS, _list),
}


def _said(value: Any) -> str:
    """A value as half a sentence."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return f"`{value}`"
