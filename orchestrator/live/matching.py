"""Which messages are wanted: `--match` with a part of the text, or with a field and what it must be. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from orchestrator.live.showing import one_line, plain

Wanted = Callable[[Any], bool]
"""Decoded message -> whether it is wanted."""

_FIELD: Final = re.compile(r"(?P<path>[A-Za-z_][\w.-]*)(?P<sign>!=|<=|>=|=|<|>)(?P<value>.*)", re.DOTALL)
_MISSING: Final = object()


def all_of(words: Iterable[str]) -> Wanted:
    """Those that fit every word."""
    tests = [_test(word) for word in words]
    return lambda value: all(test(value) for test in tests)


def _test(word: str) -> Wanted:
    """`a.b=5`, also with != < > <= >=, asks for a field; anything else is a part of the message's text."""
    hit = _FIELD.fullmatch(word)
    if hit is None:
        return lambda value: word in one_line(value)
    path, sign, wanted = hit["path"].split("."), hit["sign"], _scalar(hit["value"])

    def fits(value: Any) -> bool:
        found = _field(plain(value), path)
        if found is _MISSING:
            return sign == "!=" or word in one_line(value)
        return _compare(found, sign, wanted, hit["value"])

    return fits


def _field(value: Any, path: list[str]) -> Any:
    """The value at `a.b.0`: keys of mappings, positions in lists."""
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value


def _compare(found: Any, sign: str, wanted: Any, word: str) -> bool:
    same = found in (wanted, word)
    match sign:
        case "=":
            return same
        case "!=":
            return not same
    if isinstance(found, str):
        wanted = word
    try:
        match sign:
            case "<":
                return bool(found < wanted)
            case ">":
                return bool(found > wanted)
            case "<=":
                return bool(found <= wanted)
            case _:
                return bool(found >= wanted)
    except TypeError:
        return False


def _scalar(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        return word
