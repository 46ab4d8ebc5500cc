"""Texts over lines, `|` and `>`: their head, their lines, how far those are indented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.source.layout.tree import Collection, Entry, Scalar

_HEADER: Final = re.compile(r"[|>][-+1-9]*")


@dataclass(frozen=True, slots=True)
class BlockText:
    """One such text as it is written."""

    header: str
    """`|`, `>-`, `|2+`."""
    step: int | None
    """How much deeper than its parent it says it is; None where its first line tells."""
    depth: int
    """The columns before its content."""
    lines: tuple[str, ...]
    """Its content with those columns; without the empty lines behind it, unless it keeps them."""

    @property
    def keeps(self) -> bool:
        """Whether the empty lines behind it are its own."""
        return "+" in self.header

    def indented(self, depth: int) -> Iterator[str]:
        """Its content with other columns before it."""
        for line in self.lines:
            yield " " * depth + line[self.depth :] if len(line) > self.depth else ""


def block_text(text: str, entry: Entry, scalar: Scalar) -> BlockText:
    """Read the text that `scalar` is, the value of `entry`."""
    written = text[scalar.start : scalar.stop]
    first, *lines = written[length_of_prefix(written, scalar) :].split("\n")
    header = _HEADER.match(first)
    assert header is not None
    step = next((int(sign) for sign in header.group() if sign.isdigit()), None)
    depth = entry.column + (step or 0)
    if step is None:
        depth = next((len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), 0)
    if "+" in header.group():
        lines = lines[:-1] if lines and not lines[-1] else lines
    else:
        while lines and len(lines[-1]) <= depth and not lines[-1].strip():
            lines.pop()
    return BlockText(header.group(), step, depth, tuple(lines))


def lines_taken(text: str, collection: Collection) -> Iterator[int]:
    """The numbers of all source lines that are such content: what looks blank there is none."""
    for entry in collection.entries:
        value = entry.value
        if isinstance(value, Collection):
            yield from lines_taken(text, value)
        elif isinstance(value, Scalar) and value.style in ("|", ">"):
            first = value.line + 1
            yield from range(first, first + len(block_text(text, entry, value).lines))


def length_of_prefix(written: str, scalar: Scalar) -> int:
    """How many characters anchor and tag take where they are written."""
    at = 0
    for _ in scalar.prefix.split():
        rest = written[at:].lstrip()
        at = len(written) - len(rest) + len(rest.split(None, 1)[0])
    return len(written) - len(written[at:].lstrip(" ")) if scalar.prefix else 0
