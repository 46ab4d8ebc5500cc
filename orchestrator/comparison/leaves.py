"""Plain data leaf by leaf: what is different, and how a value is shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.model.secrets import hide, hide_in_words, looks_secret
from orchestrator.vocabulary import HIDDEN, JsonValue, Path

_LONGEST: Final = 60
_UNORDERED: Final = frozenset({"profiles", "ok_exit", "topics", "subscribe", "bind", "connect", "tcp"})
"""Lists whose order says nothing."""

_BY_NAME: Final = frozenset({"env", "labels", "params", "options", "depends_on"})
"""Mappings from the user's own names: one that is absent is an empty one."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is different. None where there is none."""

    path: Path
    old: JsonValue
    new: JsonValue

    @property
    def told(self) -> str:
        """`restart.window: 60s → 2m`."""
        name = ".".join(map(str, self.path))
        old, new = shown_value(self.old, self.path), shown_value(self.new, self.path)
        if self.old is None:
            return f"{name}: now {new}"
        if self.new is None:
            return f"{name}: no more, was {old}"
        return f"{name}: changed" if old == new else f"{name}: {old} → {new}"


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Leaf]:
    """Every leaf that is not the same: of mappings key by key, of lists as a whole."""
    if path[:1] and path[0] in _BY_NAME:
        old = {} if old is None and isinstance(new, Mapping) else old
        new = {} if new is None and isinstance(old, Mapping) else new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            yield from differences(old.get(key), new.get(key), (*path, key))
    elif not _equal(old, new, path):
        yield Leaf(path, old, new)


def _equal(old: Any, new: Any, path: Path) -> bool:
    if path and path[-1] in _UNORDERED and path[0] != "params":
        old = old if isinstance(old, list) or old is None else [old]
        new = new if isinstance(new, list) or new is None else [new]
        if old is not None and new is not None:
            return bool(sorted(map(str, old)) == sorted(map(str, new)))
    return bool(old == new) and type(old) is type(new)


def hidden(value: JsonValue, path: Path) -> JsonValue:
    """A value without its secrets."""
    if any(isinstance(part, str) and looks_secret(part) for part in path):
        return None if value is None else HIDDEN
    if path[-1:] == ("command",) and isinstance(value, list):
        return [*hide_in_words([str(word) for word in value])]
    return hide(value)


def shown_value(value: JsonValue, path: Path) -> str:
    """A value in a sentence: short, on one line, without its secrets."""
    value = hidden(value, path)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    if path[-1:] == ("command",) and isinstance(value, list):
        text = " ".join(map(str, value))
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
