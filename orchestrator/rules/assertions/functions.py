"""The functions that expressions can call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.rules.assertions import values
from orchestrator.rules.assertions.kinds import Items, Kind, Named, Number, Text, Truth

MAX_PATTERN: Final = 200
"""Characters of a regular expression."""
MAX_MATCHED: Final = 1000
"""Characters of a text that a regular expression looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function. Runs on anything, whatever it is."""

    usage: str
    takes: tuple[tuple[type, ...], ...]
    """The kinds of each argument."""
    gives: Kind
    run: Callable[..., object]
    prepare: Callable[[object], object] | None = None
    """Makes the last argument, which then has to be a literal, into what `run` gets. Raises ValueError."""


def _pattern(text: object) -> object:
    if not isinstance(text, str):
        raise ValueError("a regular expression stands there in quotes, so that it can be checked")
    if len(text) > MAX_PATTERN:
        raise ValueError(f"a regular expression may have {MAX_PATTERN} characters")
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise ValueError(f"this is no regular expression: {problem}") from problem


def _matches(text: object, pattern: Any) -> bool:
    return isinstance(text, str) and pattern.search(text[:MAX_MATCHED]) is not None


def _startswith(text: object, part: object) -> bool:
    return isinstance(text, str) and isinstance(part, str) and text.startswith(part)


def _endswith(text: object, part: object) -> bool:
    return isinstance(text, str) and isinstance(part, str) and text.endswith(part)


_TEXTS: Final = ((Text,), (Text,))
FUNCTIONS: Final[Mapping[str, Function]] = {
    "len": Function(usage="`len(value)`", takes=((Text, Items, Named),), gives=Number(), run=values.length),
    "matches": Function(
        usage='`matches(text, "regular expression")`',
        takes=_TEXTS,
        gives=Truth(),
        run=_matches,
        prepare=_pattern,
    ),
    "startswith": Function(
        usage='`startswith(text, "beginning")`', takes=_TEXTS, gives=Truth(), run=_startswith
    ),
    "endswith": Function(usage='`endswith(text, "end")`', takes=_TEXTS, gives=Truth(), run=_endswith),
}
"""By name. `matches` is `re.search`: `^` and `$` say where."""
