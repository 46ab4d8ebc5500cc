"""What expressions do with values. Total: whatever the values are, there is an answer and no exception.

What is looked up in null is null; an order of unlike values does not hold; nothing is in null.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Test = Callable[[object, object], bool]


def field(owner: object, name: str) -> object:
    """A field of a block. `name` is one that `kinds` knows: the check of the expression has seen to that."""
    return None if owner is None else getattr(owner, name, None)


def key(owner: object, name: object) -> object:
    """The value behind a name in a mapping."""
    return owner.get(name) if isinstance(owner, Mapping) and isinstance(name, str) else None


def item(owner: object, index: object) -> object:
    """The item of a list with this number, counted from 0; from -1 on from its end."""
    if not isinstance(owner, list | tuple) or not isinstance(index, int):
        return None
    return owner[index] if -len(owner) <= index < len(owner) else None


def either(owner: object, which: object) -> object:
    """Of a value whose kind only the file decides."""
    return item(owner, which) if isinstance(owner, list | tuple) else key(owner, which)


def is_in(value: object, holder: object) -> bool:
    """Whether a list holds a value, a mapping a name, a text a part."""
    if isinstance(holder, str):
        return isinstance(value, str) and value in holder
    if isinstance(holder, Mapping):
        return isinstance(value, str) and value in holder
    return isinstance(holder, list | tuple) and any(is_equal(value, other) for other in holder)


def is_equal(left: object, right: object) -> bool:
    """Equality. True is not 1; a list of the model equals a list of the expression."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(is_equal, left, right))
    return left == right


def _ordered(holds: Callable[[bool, bool], bool]) -> Test:
    """A test of order from what it says of (less, equal)."""

    def test(left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return holds(left < right, left == right)
        if _is_number(left) and _is_number(right):
            return holds(left < right, left == right)  # type: ignore[operator]
        return False

    return test


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not _is_nan(value)


def _is_nan(value: float) -> bool:
    return isinstance(value, float) and math.isnan(value)


TESTS: Final[Mapping[type[ast.cmpop], Test]] = {
    ast.Eq: is_equal,
    ast.NotEq: lambda left, right: not is_equal(left, right),
    ast.Lt: _ordered(lambda less, equal: less),
    ast.LtE: _ordered(lambda less, equal: less or equal),
    ast.Gt: _ordered(lambda less, equal: not less and not equal),
    ast.GtE: _ordered(lambda less, equal: not less),
    ast.In: is_in,
    ast.NotIn: lambda left, right: not is_in(left, right),
}


def length(value: object) -> int | None:
    """How many characters, items or names; 0 for null, and null for what has no length."""
    if value is None:
        return 0
    return len(value) if isinstance(value, str | Mapping | Sequence) else None


def shown(value: object) -> str:
    """A value as a message shows it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Mapping):
        return ", ".join(map(str, value))
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, str | int | float):
        return str(value)
    for name in ("ref", "name", "text", "address"):
        named = getattr(value, name, None)
        if isinstance(named, str):
            return named
    return type(value).__name__
