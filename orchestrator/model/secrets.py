"""Which names look as if a secret stood behind them, and data without what stands there.

Only names tell; no value is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from orchestrator.vocabulary import HIDDEN, JsonValue

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRET: Final = frozenset({"pwd", "pass", "passcode", "token", "authkey", "accesskey", "cookie"})
_STEMS: Final = re.compile(r"passw(or)?d|passphrase|secret|credential|apikey|privatekey")
_KEYS: Final = frozenset({"key", "keys"})
_HARMLESS_BEFORE_KEY: Final = frozenset(
    {"public", "server", "primary", "foreign", "sort", "group", "partition", "cache", "routing", "shard"}
    | {"index", "lookup", "row", "column", "object", "redis", "s3", "hot", "join", "message", "topic"}
)
"""`SORT_KEY` is none that opens anything."""
_ABOUT: Final = frozenset(
    {"file", "files", "path", "dir", "directory", "name", "id", "url", "uri", "host", "port", "type", "kind"}
    | {"ttl", "timeout", "interval", "expiry", "size", "length", "limit", "count", "field", "header"}
    | {"enabled", "required", "policy", "provider"}
)
"""What makes a name one about a secret: `TOKEN_FILE` is a path."""


def looks_secret(name: str) -> bool:
    """Whether the value of a variable, option or parameter with this name is not to be shown."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT:
        return False
    if len(words) > 1 and words[-1] in _KEYS:
        return words[-2] not in _HARMLESS_BEFORE_KEY
    return any(word in _SECRET or _STEMS.search(word) is not None for word in words)


def hide(data: JsonValue) -> JsonValue:
    """A copy of plain data in which no value shows whose key looks secret."""
    if isinstance(data, dict):
        return {
            key: HIDDEN if looks_secret(key) and isinstance(value, str | int | float) else hide(value)
            for key, value in data.items()
        }
    return [hide(item) for item in data] if isinstance(data, list) else data


def hide_in_words(words: Sequence[str]) -> list[str]:
    """An argument list without the values of options that look secret: `--password=…`, `--token …`."""
    shown: list[str] = []
    for index, word in enumerate(words):
        name, equals, _ = word.partition("=")
        before = words[index - 1] if index else ""
        if equals and name.startswith("-") and looks_secret(name):
            shown.append(f"{name}={HIDDEN}")
        elif before.startswith("-") and "=" not in before and looks_secret(before) and word[:1] != "-":
            shown.append(HIDDEN)
        else:
            shown.append(word)
    return shown
