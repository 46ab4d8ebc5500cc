"""`${VAR}` in scalars, as docker compose does it. `${{ … }}` is not ours: it stays as it is.

`${VAR}` and its value; `${VAR:-default}` where it is unset or empty, `${VAR-default}` where it is unset;
`${VAR:?message}` and `${VAR?message}` are errors with a message of one's own; `$${` is a literal `${`.
Defaults may hold variables. A `$` that no brace follows means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableReference:
    """One well-formed `${…}`. `start` and `end` are offsets in the scalar's value."""

    name: str
    start: int
    end: int
    default: str | None
    """What stands in for the variable, as it is written; None without `-` or `:-`."""
    message: str | None
    """What the user wrote behind `?` or `:?`."""
    nested: bool
    """It stands in the default of another variable, so it is looked up only where that one is not set."""


def references(text: str) -> Iterator[VariableReference]:
    """Every variable that `text` may take, those in defaults after the one whose default it is."""
    yield from _references(text, 0, len(text), nested=False)


def _references(text: str, start: int, stop: int, *, nested: bool) -> Iterator[VariableReference]:
    at = start
    while (match := _START.search(text, at, stop)) is not None:
        at = match.end()
        if text.startswith("{", at):
            end = text.find("}}", at)
            at = stop if end < 0 else min(end + 2, stop)
            continue
        if match.group() == "$${":
            continue
        end = _closing_brace(text, at, stop)
        name = _NAME.match(text, at, max(end, at))
        if end < 0 or name is None:
            continue
        rest = name.end()
        at = end + 1
        operator = next((o for o in _OPERATORS if text.startswith(o, rest)), "")
        operand = text[rest + len(operator) : end]
        if operator or not operand:
            yield VariableReference(
                name=name.group(),
                start=match.start(),
                end=end + 1,
                default=operand if operator.endswith("-") else None,
                message=operand if operator.endswith("?") else None,
                nested=nested,
            )
            yield from _references(text, rest + len(operator), end, nested=True)


def escaped(text: str) -> str:
    """A text in which nothing is replaced and that means `text` once `substitute` has read it."""
    if "${" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (dollar := text.find("${", at)) >= 0:
        if text.startswith("{", dollar + 2):  # `${{ … }}` stays as it is
            end = text.find("}}", dollar + 2)
            end = len(text) if end < 0 else end + 2
            parts.append(text[at:end])
            at = end
        else:
            parts.append(f"{text[at:dollar]}$${{")
            at = dollar + 2
    parts.append(text[at:])
    return "".join(parts)


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
