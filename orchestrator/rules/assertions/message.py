"""Messages of policies: text that may hold `{expression}`; `{{` and `}}` are braces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.rules.assertions import values
from orchestrator.rules.assertions.expression import compile_expression
from orchestrator.rules.assertions.kinds import Kind
from orchestrator.rules.assertions.parts import Scope
from orchestrator.rules.assertions.problem import ExpressionError

LONGEST: Final = 500
"""Characters that one field may put into a message."""

Fill = Callable[[Scope], str]


def compile_message(text: str, names: Mapping[str, Kind]) -> Fill:
    """What makes the message of what is selected. Raises ExpressionError for a mistake in it."""
    parts: list[Fill] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if text[at : at + 2] in ("{{", "}}"):
            parts.append(_constant(sign))
            at += 2
        elif sign == "{":
            end = text.find("}", at)
            if end < 0:
                raise ExpressionError("this `{` has no `}`", "write `{{` for a brace", at, at + 1)
            parts.append(_field(text, at + 1, end, names))
            at = end + 1
        elif sign == "}":
            raise ExpressionError("this `}` has no `{`", "write `}}` for a brace", at, at + 1)
        else:
            ends = [found for brace in "{}" if (found := text.find(brace, at)) >= 0]
            end = min(ends, default=len(text))
            parts.append(_constant(text[at:end]))
            at = end
    return lambda scope: "".join(part(scope) for part in parts)


def _constant(text: str) -> Fill:
    return lambda _: text


def _field(text: str, start: int, end: int, names: Mapping[str, Kind]) -> Fill:
    if not text[start:end].strip():
        raise ExpressionError(
            "there is nothing between the braces", "such as `{node.name}`", start - 1, end + 1
        )
    try:
        expression = compile_expression(text[start:end], names)
    except ExpressionError as problem:
        raise ExpressionError(
            problem.fact, problem.remedy, problem.start + start, problem.end + start
        ) from problem.__cause__

    def fill(scope: Scope) -> str:
        shown = values.shown(expression.evaluate(scope))
        return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"

    return fill
