"""Comparisons that can never hold: a word that is no choice, an order of unlike kinds. Told beforehand."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from orchestrator.rules.assertions.kinds import Block, Kind, Number, Text, Truth, words
from orchestrator.rules.assertions.parts import Part, listing, short


@dataclass(frozen=True, slots=True)
class Nonsense:
    """Why a comparison makes no sense. `side`: 0 for what stands left of the sign, 1 for the right."""

    side: int
    fact: str
    remedy: str


def nonsense(sign: ast.cmpop, left: Part, right: Part) -> Nonsense | None:
    """What is wrong with a comparison, if anything is."""
    if isinstance(sign, ast.In | ast.NotIn):
        if isinstance(right.kind, Number | Truth | Block):
            return Nonsense(1, f"nothing is in {words(right.kind)}", "lists, mappings and text hold values")
        return _choices(1, left.kind, right.constant if isinstance(right.constant, list) else [])
    if isinstance(sign, ast.Eq | ast.NotEq):
        return _choices(1, left.kind, [right.constant]) or _choices(0, right.kind, [left.constant])
    if {type(left.kind), type(right.kind)} == {Text, Number}:
        return Nonsense(1, "text and a number have no order", "numbers have no quotes")
    return None


def _choices(side: int, kind: Kind, given: Iterable[object]) -> Nonsense | None:
    if not isinstance(kind, Text) or not kind.choices:
        return None
    for word in given:
        if isinstance(word, str) and word not in kind.choices:
            by_case = {choice.lower(): choice for choice in kind.choices}
            near = get_close_matches(word.lower(), by_case, n=1)
            hint = f"did you mean `{by_case[near[0]]}`? " if near else ""
            return Nonsense(
                side, f"it is never `{short(word)}`", f"{hint}It is one of {listing(kind.choices)}"
            )
    return None
