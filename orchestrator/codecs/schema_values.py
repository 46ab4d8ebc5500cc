"""How JSON Schema sees Python's values: what is a number, what is equal to what. Values in, values out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

TypeTest = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    """CBOR has decimals, which are numbers as well."""
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    """1.0 is an integer (JSON Schema 2020-12, Validation 6.1.1)."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


TYPES: Final[Mapping[str, TypeTest]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, (list, tuple)),
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
}

ARTICLES: Final = {
    "null": "null", "boolean": "a boolean", "object": "an object", "array": "an array", "number": "a number",
    "string": "a string", "integer": "an integer",
}  # fmt: skip


def frozen(value: Any) -> object:
    """Something that can be hashed and is equal for what JSON Schema takes for equal: 1 and 1.0, but not 1
    and true."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, (list, tuple)):
        return ("array", tuple(map(frozen, value)))
    if isinstance(value, Mapping):
        return ("object", frozenset((key, frozen(item)) for key, item in value.items()))
    try:
        hash(value)
    except TypeError:
        return ("other", id(value))
    return value


def is_multiple(value: float | Decimal, of: float) -> bool:
    """Whether `value` is a multiple of `of` as they are written: 0.3 is one of 0.1, not in binary."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    exact = Decimal(str(value))
    if not exact.is_finite():
        return False
    try:
        return exact % Decimal(str(of)) == 0
    except InvalidOperation:  # the quotient has more digits than Decimal's context allows
        return (float(value) / of) % 1 == 0


def resolve(root: Any, reference: str) -> Any:
    """What `#/…` points at in the same schema (RFC 6901). Raises LookupError."""
    value = root
    for raw in reference[1:].split("/")[1:]:
        part = raw.replace("~1", "/").replace("~0", "~")
        value = value[int(part)] if isinstance(value, list) and part.isdecimal() else value[part]
    return value


_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def dotted(path: tuple[str | int, ...]) -> str:
    """A place in a message as JSONPath has it (RFC 9535): `$.legs[2].venue`."""
    text = "$"
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if _PLAIN_NAME.match(part) else f"[{part[:60]!r}]"
    return text
