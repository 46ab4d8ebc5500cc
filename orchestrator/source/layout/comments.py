"""Comments: where they are, and which entry each belongs to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from orchestrator.source.layout.read import LOADER, is_multiline
from orchestrator.source.layout.tree import Collection, Comment, Entry, Scalar, Value

_COMMENT: Final = re.compile(r"#[^\n]*")


def find_all(text: str) -> list[Comment]:
    """Every comment of a YAML text, in order: what stands between two tokens is blank, or a comment."""
    found: list[Comment] = []
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for begin, end in _gaps(text):
        for match in _COMMENT.finditer(text, begin, end):
            line = bisect_right(starts, match.start()) - 1
            column = match.start() - starts[line]
            before = text[starts[line] : match.start()].rstrip()
            tight = column - len(before) <= 1
            found.append(Comment(line, column, match.group().rstrip(), not before, tight))
    return found


def _gaps(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for token in yaml.scan(text, Loader=LOADER):
        start, end = token.start_mark.index, token.end_mark.index
        if start > at:
            yield at, start
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            yield start + 1, text.find("\n", start) if "\n" in text[start:end] else end
        at = max(at, end)
    yield at, len(text)


@dataclass(slots=True)
class _Place:
    """An entry of a block, and the collection that it is in."""

    entry: Entry
    parent: Collection


class Attacher:
    """Gives every comment of a block collection to the entry that it is about."""

    def __init__(self, root: Collection) -> None:
        self._root = root
        self._places = list(_places(root))
        self._lines = [place.entry.line for place in self._places]
        self._inside = sorted((f.line, f.end_line) for f in _verbatim(root))

    def attach(self, comments: list[Comment]) -> None:
        """Comments must come in order."""
        for comment in comments:
            if any(first <= comment.line < last for first, last in self._inside):
                continue  # within a value that is kept as it is
            if comment.own_line:
                self._own_line(comment)
            else:
                self._at_end(comment)

    def _at_end(self, comment: Comment) -> None:
        """A comment behind something: it is about the last entry on its line."""
        index = bisect_right(self._lines, comment.line) - 1
        entry = self._places[max(index, 0)].entry
        value = entry.value
        block = isinstance(value, Collection) and value.is_block
        is_empty = isinstance(value, Scalar) and not value.value and value.start == value.end
        waits = value.line > comment.line and not block and not is_empty
        (entry.before if waits else entry.beside).append(comment)

    def _own_line(self, comment: Comment) -> None:
        index = bisect_right(self._lines, comment.line)
        last = self._places[index - 1] if index else None
        if last is not None and last.entry.line < comment.line <= last.entry.value.end_line:
            value = last.entry.value
            if not (isinstance(value, Collection) and value.is_block):
                last.entry.before.append(comment)  # between a key and its value
                return
        following = self._places[index].entry if index < len(self._places) else None
        if following is not None and comment.column <= following.column:
            following.before.append(comment)
            return
        holder = self._holder(index, comment.column)
        if following is not None and _holds(holder, following):
            following.before.append(comment)
        else:
            holder.after.append(comment)

    def _holder(self, index: int, column: int) -> Collection:
        """The innermost block around the last entry before `index` that starts at `column` or left of it."""
        wanted = self._root
        if index:
            for collection in _around(self._root, self._places[index - 1].entry):
                if collection.entries[0].column <= column:
                    wanted = collection
        return wanted


def _holds(collection: Collection, entry: Entry) -> bool:
    return any(found is entry for found in _entries(collection))


def _entries(collection: Collection) -> Iterator[Entry]:
    for place in _places(collection):
        yield place.entry


def _around(root: Collection, entry: Entry) -> Iterator[Collection]:
    """The blocks that `entry` is in, from the outside, its own value last if it is one."""
    collection: Value = root
    while isinstance(collection, Collection) and collection.is_block and collection.entries:
        yield collection
        inner = next((e for e in collection.entries if e is entry or _within(e, entry)), None)
        if inner is None:
            return
        collection = inner.value


def _within(outer: Entry, inner: Entry) -> bool:
    value = outer.value
    return isinstance(value, Collection) and value.is_block and _holds(value, inner)


def _places(collection: Collection) -> Iterator[_Place]:
    """Every entry that has a line of its own to begin on, in the order of the text."""
    if not collection.is_block:
        return
    for entry in collection.entries:
        yield _Place(entry, collection)
        if isinstance(entry.value, Collection):
            yield from _places(entry.value)


def _verbatim(collection: Collection) -> Iterator[Value]:
    """The values of several lines that are kept as they are: flow collections. The last line may have a
    comment behind it that is about the entry."""
    for place in _places(collection):
        value = place.entry.value
        if isinstance(value, Collection) and value.flow and is_multiline(value):
            yield value
