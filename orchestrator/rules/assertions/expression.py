"""Expressions: text to a function of what is selected.

The text is parsed to a tree, and every node of the tree is translated by this package; nothing is ever
evaluated by Python. Values are total: an evaluation cannot raise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.rules.assertions.grammar import parse
from orchestrator.rules.assertions.kinds import Kind
from orchestrator.rules.assertions.parts import Evaluate
from orchestrator.rules.assertions.problem import ExpressionError
from orchestrator.rules.assertions.translating import Translator

MAX_LENGTH: Final = 1000
"""Characters of an expression."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    text: str
    kind: Kind
    evaluate: Evaluate
    """What it gives for a scope that holds all names. Never raises."""


def compile_expression(text: str, names: Mapping[str, Kind]) -> Expression:
    """Check and translate an expression. Raises ExpressionError, and nothing else, for one that is none."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"this expression has {len(text):,} characters",
            f"{MAX_LENGTH:,} are allowed: make two policies of it, or a rule in Python",
            0,
            len(text),
        )
    line = text.replace("\n", " ").replace("\r", " ")
    lead = len(line) - len(line.lstrip(" \t"))
    try:
        part = Translator(line[lead:], names).part(parse(line[lead:]), 0)
    except ExpressionError as problem:
        raise ExpressionError(
            problem.fact, problem.remedy, problem.start + lead, problem.end + lead
        ) from problem.__cause__
    return Expression(text, part.kind, part.evaluate)
