"""The tree as text: two blanks per level, one between things, keys in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from orchestrator.source.layout.blocks import block_text, length_of_prefix, lines_taken
from orchestrator.source.layout.read import LayoutError, is_multiline
from orchestrator.source.layout.tree import Alias, Collection, Comment, Entry, Scalar, Value
from orchestrator.vocabulary import Path

Order: TypeAlias = Callable[[Path], Sequence[str] | None]
"""Path of a mapping -> its keys in their order, or None where they stay as they are."""

_STEP: Final = 2
_WIDTH: Final = 120
"""A value on the line below its key stays there if it would not fit beside it."""


class Writer:
    """Writes one document. `lines` grows."""

    def __init__(self, text: str, order: Order) -> None:
        self._text = text
        self._source = text.split("\n")
        self._order = order
        self.lines: list[str] = []
        self._taken: frozenset[int] = frozenset()
        self._closed = -1
        """How many lines there were behind the last `|+`."""

    def root(self, collection: Collection) -> None:
        """Write a whole document, whose value is a block."""
        self._taken = frozenset(lines_taken(self._text, collection))
        self._block(collection, 0, (), "")

    # ------------------------------------------------------------------ blocks

    def _block(self, collection: Collection, indent: int, path: Path, lead: str) -> None:
        """Write the entries; `lead` already stands on the line of the first one."""
        for index, (entry, inner) in enumerate(self._in_order(collection, path)):
            if entry.before and lead:
                self.lines.append(lead.rstrip())
                lead = ""
            # a block begins without a blank line, before and after its entries have been put in order
            apart = index > 0 and entry is not collection.entries[0]
            self._comments(entry.before, indent, apart=apart)
            if not lead and (apart or entry.before):
                self._blank_before(entry.line)
            self._entry(entry, indent, inner, lead or " " * indent)
            lead = ""
        self._comments(collection.after, indent)

    def _in_order(self, collection: Collection, path: Path) -> list[tuple[Entry, Path]]:
        pairs = [
            (entry, (*path, entry.key.value if isinstance(entry.key, Scalar) else index))
            for index, entry in enumerate(collection.entries)
        ]
        wanted = self._order(path) if collection.is_mapping else None
        if wanted is None:
            return pairs
        rank = {key: index for index, key in enumerate(wanted)}
        return sorted(pairs, key=lambda pair: rank.get(str(pair[1][-1]), len(rank)))

    def _entry(self, entry: Entry, indent: int, path: Path, lead: str) -> None:
        value = entry.value
        head = lead + ("-" if entry.key is None else f"{self._inline(entry.key, ())}:")
        if isinstance(value, Collection) and value.is_block:
            prefix = f" {value.prefix}".rstrip()
            if entry.key is None and not prefix and not entry.beside:
                self._block(value, indent + _STEP, path, f"{head} ")
                return
            self._line(head + prefix, entry.beside)
            self._block(value, indent + _STEP, path, "")
        elif isinstance(value, Scalar) and value.style in ("|", ">"):
            self._block_scalar(entry, value, indent, head)
        elif is_multiline(value):
            self._verbatim(entry, value, indent, head)
        else:
            shown = self._inline(value, path)
            if value.line > entry.line and len(head) + 1 + len(shown) > _WIDTH:
                self.lines.append(head)
                head, shown = " " * (indent + _STEP - 1), shown
            self._line(f"{head} {shown}".rstrip(), entry.beside)

    # ------------------------------------------------------------------ values

    def _inline(self, value: Value, path: Path) -> str:
        """A value that stands on one line."""
        if isinstance(value, Alias):
            return f"*{value.name}"
        if isinstance(value, Scalar):
            return (value.prefix + self._scalar(value)).rstrip()
        items = []
        for entry, inner in self._in_order(value, path):
            shown = self._inline(entry.value, inner)
            if entry.key is not None:
                key = self._inline(entry.key, ())
                shown = f"{key}: {shown}" if shown or self._has_colon(entry.key) else key
            items.append(shown)
        inside = ", ".join(items)
        return value.prefix + (f"{{{inside}}}" if value.is_mapping else f"[{inside}]")

    def _has_colon(self, key: Scalar | Alias) -> bool:
        """Whether a key without a value is written with a colon: `{a: , b}`."""
        return self._text[key.end :].lstrip().startswith(":")

    def _scalar(self, scalar: Scalar) -> str:
        if scalar.style == "'" and not any(sign in scalar.value for sign in '\\"\t'):
            return f'"{scalar.value}"'
        written = self._text[scalar.start : scalar.end]
        return written[length_of_prefix(written, scalar) :]

    def _block_scalar(self, entry: Entry, scalar: Scalar, indent: int, head: str) -> None:
        found = block_text(self._text, entry, scalar)
        self._line(f"{head} {scalar.prefix}{found.header}", entry.beside)
        self.lines += found.indented(indent + (found.step or _STEP))
        if found.keeps:
            self._closed = len(self.lines)

    def _verbatim(self, entry: Entry, value: Value, indent: int, head: str) -> None:
        """Several lines, kept as they are but for how far they are indented."""
        first, *more = self._text[value.start : value.end].split("\n")
        self.lines.append(f"{head} {first}".rstrip())
        for line in more:
            bare = line.lstrip(" ")
            depth = max(len(line) - len(bare) + indent - entry.column, indent + 1)
            self.lines.append(" " * depth + bare.rstrip() if bare.strip() else "")
        self._line(self.lines.pop(), entry.beside)

    # ------------------------------------------------------------------ lines

    def _line(self, line: str, comments: Sequence[Comment]) -> None:
        """A line with the comments behind it: where they were, if there is room."""
        if len(comments) > 1:
            raise LayoutError("two comments behind one entry", comments[1].line + 1)
        for comment in comments:
            room = not comment.tight and len(line) < comment.column
            line = f"{line.ljust(comment.column)}{comment.text}" if room else f"{line} {comment.text}"
        self.lines.append(line)

    def _comments(self, comments: Sequence[Comment], indent: int, *, apart: bool = True) -> None:
        for index, comment in enumerate(comments):
            if index or apart:
                self._blank_before(comment.line)
            self.lines.append(" " * indent + comment.text)

    def _blank_before(self, line: int) -> None:
        """Keep one of the blank lines above a line of the source; none behind `|+`, which would take it."""
        if len(self.lines) == self._closed:
            return
        is_blank = line > 0 and line - 1 not in self._taken and not self._source[line - 1].strip()
        if is_blank and self.lines and self.lines[-1]:
            self.lines.append("")
