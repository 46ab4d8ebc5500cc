"""Where a key stands in a TOML text. `tomllib` gives values without places, and a mistake has to be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_HEADER: Final = re.compile(r"^[ \t]*\[{1,2}[ \t]*([^\[\]#]+?)[ \t]*\]{1,2}")
_KEY: Final = re.compile(
    r"^[ \t]*((?:\"[^\"]*\"|'[^']*'|[\w-]+)(?:[ \t]*\.[ \t]*(?:\"[^\"]*\"|'[^']*'|[\w-]+))*)[ \t]*="
)
_PART: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def place(text: str, path: tuple[str, ...], word: str | None = None) -> tuple[int, int]:
    """Line and column, both from 1, of the key at `path`, or of `word` after it.

    A reading of lines, not of TOML: where it does not find the key (in an inline table, say) it names the
    nearest thing above it, in the worst case the first line.
    """
    lines = text.splitlines()
    found, depth = (0, 0), 0
    for number, column, whole in _keys(lines):
        shared = _shared(whole, path)
        if shared > depth:
            found, depth = (number, column), shared
    if depth < len(path):  # inside of an inline table: by its name
        word = word or path[-1]
    if word is not None:
        found = _word(lines, found, word)
    return found[0] + 1, found[1] + 1


def _keys(lines: list[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every header and key: its line, its column (both from 0), its whole path."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if header:
            table = _parts(header[1])
            yield number, header.start(1), table
            continue
        key = _KEY.match(line)
        if key:
            yield number, key.start(1), (*table, *_parts(key[1]))


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def _shared(whole: tuple[str, ...], path: tuple[str, ...]) -> int:
    """How much of `path` a key reaches; nothing when it leads elsewhere."""
    length = min(len(whole), len(path))
    return length if whole[:length] == path[:length] else 0


def _word(lines: list[str], start: tuple[int, int], word: str) -> tuple[int, int]:
    sought = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    first, column = start
    for number in range(first, len(lines)):
        hit = sought.search(lines[number], column if number == first else 0)
        if hit:
            return number, hit.start()
    return start
