"""Comments: where they are, and which entry each belongs to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
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
    """An entry of a block, the collection that it is in, and the place of the entry that has that one."""

    entry: Entry
    parent: Collection
    above: _Place | None

    def around(self) -> Iterator[Collection]:
        """The blocks that the entry is in, from the inside; its own value first if that is one."""
        value = self.entry.value
        if isinstance(value, Collection) and value.is_block and value.entries:
            yield value
        place: _Place | None = self
        while place is not None:
            yield place.parent
            place = place.above


class Attacher:
    """Gives every comment of a block collection to the entry that it is about."""

    def __init__(self, root: Collection) -> None:
        self._root = root
        self._places = list(_places(root))
        self._lines = [place.entry.line for place in self._places]
        kept = sorted((value.line, value.end_line) for value in _verbatim(self._places))
        self._kept_from = [first for first, _ in kept]
        self._kept_to = [last for _, last in kept]

    def attach(self, comments: list[Comment]) -> None:
        """Comments must come in order."""
        for comment in comments:
            kept = bisect_right(self._kept_from, comment.line) - 1
            if kept >= 0 and comment.line < self._kept_to[kept]:
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
        following = self._places[index] if index < len(self._places) else None
        if following is not None and comment.column <= following.entry.column:
            following.entry.before.append(comment)
            return
        holder = self._holder(last, comment.column)
        if following is not None and any(block is holder for block in following.around()):
            following.entry.before.append(comment)
        else:
            holder.after.append(comment)

    def _holder(self, last: _Place | None, column: int) -> Collection:
        """The innermost block around the entry `last` that starts at `column` or left of it."""
        if last is not None:
            for block in last.around():
                if block.entries[0].column <= column:
                    return block
        return self._root


def _places(collection: Collection, above: _Place | None = None) -> Iterator[_Place]:
    """Every entry that has a line of its own to begin on, in the order of the text."""
    if not collection.is_block:
        return
    for entry in collection.entries:
        place = _Place(entry, collection, above)
        yield place
        if isinstance(entry.value, Collection):
            yield from _places(entry.value, place)


def _verbatim(places: Iterable[_Place]) -> Iterator[Value]:
    """The values of several lines that are kept as they are: flow collections. The last line may have a
    comment behind it that is about the entry."""
    for place in places:
        value = place.entry.value
        if isinstance(value, Collection) and value.flow and is_multiline(value):
            yield value
