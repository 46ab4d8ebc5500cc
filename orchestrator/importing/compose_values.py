"""Values of docker compose files by what they have to be, in the words of the topology language.

Source: the Compose Specification (https://github.com/compose-spec/compose-spec), 12-interpolation.md for
variables, 11-extension.md for durations and sizes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.importing.errors import wrong
from orchestrator.importing.shell import LONGEST, TooLongError
from orchestrator.importing.texts import literal
from orchestrator.model.quantities import format_duration, format_size
from orchestrator.source.foreign import Foreign

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS: Final = (":-", ":?", "-", "?")
_DURATION: Final = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE: Final = re.compile(
    r"([0-9]{1,15}(?:\.[0-9]{1,9})?) *(b|k|kb|kib|m|mb|mib|g|gb|gib|t|tb|tib)?", re.IGNORECASE
)
_GO_WRITES_EXPONENTS: Final = 1e21
"""Below that, Go's `fmt.Sprint` writes 1.0 as `1`, as docker compose then has it."""
_DEEPEST: Final = 20
_SHOWN: Final = 60
"""Characters of a text that are shown in a message."""
_COVER: Final = "\ue000"
"""Stands for a variable while a text is split: a character of private use, as no file has."""
_POWER: Final = {"b": 0, "k": 1, "m": 2, "g": 3, "t": 4}


@dataclass(frozen=True, slots=True)
class Translated:
    """A text with its variables in this language; `problem` says which form has no counterpart."""

    text: str
    problem: str | None = None


def translate(text: str, depth: int = 0) -> Translated:
    """`$NAME` and `${NAME}`, which are empty where unset in compose, `$$`, and the forms with operators."""
    if depth > _DEEPEST:
        return Translated(literal(text), f"variables are nested more than {_DEEPEST} deep in each other")
    written, problem, at, plain = "", None, 0, ""
    while (dollar := text.find("$", at)) >= 0:
        plain += text[at:dollar]
        piece, at = _dollar(text, dollar, depth)
        if piece is None:
            plain += "$"
            continue
        if plain.endswith("$"):
            problem = problem or f"a `$` in front of a variable can't be written: {_shown(text)}"
        written += literal(plain) + piece.text
        problem, plain = problem or piece.problem, ""
    return Translated(written + literal(plain + text[at:]), problem)


def _dollar(text: str, dollar: int, depth: int) -> tuple[Translated | None, int]:
    """The variable that begins at `dollar`, None where a plain `$` is meant, and where to go on."""
    at = dollar + 1
    if text.startswith("$", at):
        return None, at + 1
    if (name := _NAME.match(text, at)) is not None:
        return Translated(f"${{{name.group()}:-}}"), name.end()
    if not text.startswith("{", at):
        return None, at
    end = _closing(text, at + 1)
    name = _NAME.match(text, at + 1)
    whole = text[dollar : end + 1] if end >= 0 else text[dollar:]
    if end < 0 or name is None:
        return Translated(literal(whole), f"{_shown(whole)} is no variable"), dollar + len(whole)
    rest = text[name.end() : end]
    if not rest:
        return Translated(f"${{{name.group()}:-}}"), end + 1
    operator = next((o for o in _OPERATORS if rest.startswith(o)), None)
    if operator is None:
        return Translated(
            whole, f"{_shown(whole)} has no counterpart: known are `:-`, `-`, `:?` and `?`"
        ), end + 1
    operand = translate(rest[len(operator) :], depth + 1)
    return Translated(f"${{{name.group()}{operator}{operand.text}}}", operand.problem), end + 1


def _shown(text: str) -> str:
    return f"`{text}`" if len(text) <= _SHOWN else f"`{text[:_SHOWN]}…`"


def _closing(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return -1


def split(text: str) -> tuple[str, ...]:
    """A command as compose splits it: as a shell does, but no variable is ever torn. Raises ValueError."""
    if len(text) > LONGEST:
        raise TooLongError(len(text))
    if _COVER in text:
        return tuple(shlex.split(text))
    closing = _closings(text)
    kept: list[str] = []
    covered, at = "", 0
    for brace in sorted(closing):
        dollars = _dollars_before(text, brace)
        dollar = brace - 1
        if dollar < at or dollars % 2 == 0:
            continue  # within another one, or no variable: `{`, `$${`
        end = closing[brace] + 1
        kept.append(text[dollar:end])
        covered += f"{text[at:dollar]}{_COVER}"
        at = end
    rest = iter(kept)
    words = shlex.split(covered + text[at:])
    return tuple(re.sub(_COVER, lambda _: next(rest), word) for word in words)


def _dollars_before(text: str, at: int) -> int:
    first = at
    while first and text[first - 1] == "$":
        first -= 1
    return at - first


def _closings(text: str) -> dict[int, int]:
    """Where each brace that opens is closed."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for brace in re.finditer("[{}]", text):
        if brace.group() == "{":
            opened.append(brace.start())
        elif opened:
            found[opened.pop()] = brace.start()
    return found


def scalar_text(value: Foreign) -> str | None:
    """A scalar as compose makes a text of it; None for nothing, and for what is no scalar."""
    if isinstance(value.data, bool):
        return "true" if value.data else "false"
    if isinstance(value.data, float) and value.data.is_integer() and abs(value.data) < _GO_WRITES_EXPONENTS:
        return str(int(value.data))
    return None if isinstance(value.data, dict | list | None) else str(value.data)


def duration(value: Foreign, what: str, file: str) -> str:
    """`1m30s` and the like, units from us to h, as a duration of topology files. Raises SourceError."""
    text = scalar_text(value) or ""
    if "${" in text:
        return translate(text).text
    at, seconds = 0, 0.0
    while (found := _DURATION.match(text, at)) is not None:
        seconds += float(found[1]) * _SECONDS[found[2]]
        at = found.end()
    if not at or at < len(text):
        if text == "0":
            return "0s"
        raise wrong(
            file, value, f"{what} `{text}` is no duration", "write one like 1m30s; units are us, ms, s, m, h"
        )
    return format_duration(seconds)


def size(value: Foreign, what: str, file: str) -> str:
    """`512m`, counted by 1024, as a size of topology files. Raises SourceError."""
    text = scalar_text(value) or ""
    if "${" in text:
        return translate(text).text
    found = _SIZE.fullmatch(text)
    if found is None:
        raise wrong(file, value, f"{what} `{text}` is no size", "write one like 512m; units are b, k, m, g")
    return format_size(round(float(found[1]) * 1024 ** _POWER[(found[2] or "b").lower()[0]]))


def mapping(value: Foreign, what: str, file: str) -> Mapping[str, Foreign]:
    """A mapping; nothing is an empty one. Raises SourceError."""
    if value.data is None:
        return {}
    if not isinstance(value.data, dict):
        raise wrong(file, value, f"{what} is no mapping", "write `name: value` lines below it")
    return value.data


def items(value: Foreign, what: str, file: str) -> tuple[Foreign, ...]:
    """A list, or one scalar as a list of it. Raises SourceError for a mapping."""
    if isinstance(value.data, dict):
        raise wrong(file, value, f"{what} is a mapping, not a list", "write `- ` in front of each item")
    return tuple(value.data) if isinstance(value.data, list) else () if value.data is None else (value,)


def texts(value: Foreign, what: str, file: str) -> tuple[str, ...]:
    """A list of scalars, or one, as texts as they are written. Raises SourceError."""
    found = []
    for item in items(value, what, file):
        text = scalar_text(item)
        if text is None:
            raise wrong(file, item, f"{what} holds what is no text", "write one text per item")
        found.append(text)
    return tuple(found)


def pairs(value: Foreign, what: str, file: str) -> Mapping[str, str | None]:
    """`environment` and `labels`: a mapping, or a list of `NAME=value`; None where no value is given."""
    if isinstance(value.data, dict):
        for item in value.data.values():
            if isinstance(item.data, dict | list):
                raise wrong(file, item, f"{what} holds what is no text", "write one text per name")
        return {name: scalar_text(item) for name, item in value.data.items()}
    found: dict[str, str | None] = {}
    for text in texts(value, what, file):
        name, equals, rest = text.partition("=")
        found[name] = rest if equals else None
    return found
