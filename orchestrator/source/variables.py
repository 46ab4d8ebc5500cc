"""`${VAR}` in scalars, as docker compose does it. `${{ … }}` is not ours: it stays as it is.

`${VAR}` and its value; `${VAR:-default}` where it is unset or empty, `${VAR-default}` where it is unset;
`${VAR:?message}` and `${VAR?message}` are errors with a message of one's own; `$${` is a literal `${`.
Defaults may hold variables. A `$` that no brace follows means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_START: Final = re.compile(r"\$\$\{|\$\{")
_OPERATORS: Final = (":-", ":?", "-", "?")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableError:
    """What is wrong with one `${…}`. `start` and `end` are offsets in the scalar's value."""

    start: int
    end: int
    message: str
    help: str
    undefined: bool
    """The variable is not set, as opposed to: this is not how a variable is written."""


@dataclass(frozen=True, slots=True)
class Substituted:
    text: str
    errors: tuple[VariableError, ...]


def substitute(text: str, variables: Mapping[str, str]) -> Substituted:
    """Replace every `${VAR}` form in `text`. All errors are reported; what they concern stays."""
    errors: list[VariableError] = []
    result = _expand(text, 0, len(text), variables, errors)
    return Substituted(result, tuple(errors))


def _expand(
    text: str, start: int, stop: int, variables: Mapping[str, str], errors: list[VariableError]
) -> str:
    parts: list[str] = []
    at = start
    while (match := _START.search(text, at, stop)) is not None:
        parts.append(text[at : match.start()])
        at = match.end()
        if text.startswith("{", at):  # `${{`, and `$${{`, which is that layer's own escape
            end = text.find("}}", at)
            end = stop if end < 0 else min(end + 2, stop)
            parts.append(text[match.start() : end])
            at = end
        elif match.group() == "$${":
            parts.append("${")
        else:
            end = _closing_brace(text, at, stop)
            parts.append(_reference(text, match.start(), at, end, stop, variables, errors))
            at = stop if end < 0 else end + 1
    parts.append(text[at:stop])
    return "".join(parts)


def _closing_brace(text: str, start: int, stop: int) -> int:
    depth = 1
    for index in range(start, stop):
        if text[index] == "{":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _reference(
    text: str,
    start: int,
    inner: int,
    end: int,
    stop: int,
    variables: Mapping[str, str],
    errors: list[VariableError],
) -> str:
    """The value of the reference text[start:end + 1]; its inside begins at `inner`."""
    if end < 0:
        return _wrong(
            text,
            start,
            stop,
            "`${` is never closed",
            "close it with `}`, or write `$${` for a literal `${`",
            errors,
        )
    whole = text[start : end + 1]
    name = _NAME.match(text, inner, end)
    if name is None:
        remedy = "write `${NAME}`: letters, digits and `_`; `${{ … }}` refers to the topology"
        return _wrong(text, start, end + 1, f"`{whole}` names no variable", remedy, errors)
    value = variables.get(name.group())
    rest = name.end()
    if rest == end:
        return value if value is not None else _undefined(text, start, end, name.group(), None, errors)
    operator = next((o for o in _OPERATORS if text.startswith(o, rest)), None)
    if operator is None:
        remedy = "after the name may stand `:-default`, `-default`, `:?message` or `?message`"
        return _wrong(text, start, end + 1, f"`{text[rest:end]}` in `{whole}` is no operator", remedy, errors)
    if value or (value is not None and not operator.startswith(":")):
        return value
    operand = _expand(text, rest + len(operator), end, variables, errors)
    if operator.endswith("-"):
        return operand
    return _undefined(text, start, end, name.group(), operand, errors)


def _undefined(
    text: str, start: int, end: int, name: str, message: str | None, errors: list[VariableError]
) -> str:
    errors.append(
        VariableError(
            start=start,
            end=end + 1,
            message=f"the variable `{name}` is not set" + (f": {message}" if message else ""),
            help=f"set it in the environment or in `.env`, or give a default: `${{{name}:-…}}`",
            undefined=True,
        )
    )
    return text[start : end + 1]


def _wrong(text: str, start: int, end: int, message: str, remedy: str, errors: list[VariableError]) -> str:
    errors.append(VariableError(start=start, end=end, message=message, help=remedy, undefined=False))
    return text[start:end]
