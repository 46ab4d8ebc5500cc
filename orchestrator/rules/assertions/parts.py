"""What is known of a part of an expression once it is translated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from orchestrator.rules.assertions.kinds import Kind, Number, Text, Truth, Unknown

Scope = Mapping[str, object]
"""Name -> what it stands for, when an expression is evaluated."""
Evaluate = Callable[[Scope], object]


@dataclass(frozen=True, slots=True)
class Part:
    """A translated node of the tree."""

    kind: Kind
    evaluate: Evaluate
    constant: object = None
    """The value of a literal; a list of them for a list of literals."""
    is_literal: bool = False


def literal(value: object) -> Part:
    """The part that always has this value."""
    kind: Kind = Unknown()
    if isinstance(value, bool):
        kind = Truth()
    elif isinstance(value, int | float):
        kind = Number()
    elif isinstance(value, str):
        kind = Text()
    return Part(kind, lambda _: value, value, True)


def short(text: str) -> str:
    """Text as it may stand in a finding."""
    return text if len(text) <= 60 else text[:59] + "…"


def listing(known: Iterable[str]) -> str:
    """`a`, `b`, `c`."""
    return ", ".join(f"`{one}`" for one in known)
