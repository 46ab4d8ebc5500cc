"""A YAML file as it is written: values with their form, and the comments that belong to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True)
class Comment:
    """`#` to the end of its line. Lines and columns from 0."""

    line: int
    column: int
    text: str
    own_line: bool
    """Nothing stands in front of it."""
    tight: bool = False
    """One blank, or none, stands between it and what is in front of it."""


@dataclass(slots=True, kw_only=True)
class Item:
    """What every value has. Offsets are those of the text."""

    start: int
    end: int
    """Behind its last character that is no blank."""
    stop: int
    """Behind what YAML counts to it: the blank lines at the end of `|+`."""
    line: int
    column: int
    end_line: int
    """The line of its last character."""
    prefix: str = ""
    """Anchor and tag, as they are written again: `&name !!str `."""


@dataclass(slots=True, kw_only=True)
class Scalar(Item):
    """Text, a number, nothing. `style` is that of YAML's events: `'`, `"`, `|`, `>`, empty for plain."""

    value: str
    style: str


@dataclass(slots=True, kw_only=True)
class Alias(Item):
    """`*name`."""

    name: str


@dataclass(slots=True, kw_only=True)
class Entry:
    """One key with its value, or one item of a list (then there is no key)."""

    key: Scalar | Alias | None
    value: Value
    line: int
    column: int
    """Where its key or its dash stands."""
    before: list[Comment] = field(default_factory=list)
    """On lines of their own above it."""
    beside: list[Comment] = field(default_factory=list)
    """At the end of its first line, if its value is a block, else of its last one."""


@dataclass(slots=True, kw_only=True)
class Collection(Item):
    """A mapping or a list."""

    is_mapping: bool
    flow: bool
    entries: list[Entry]
    after: list[Comment] = field(default_factory=list)
    """On lines of their own behind the last entry of a block, indented like it."""

    @property
    def is_block(self) -> bool:
        """Whether it is written over lines, one per entry. An empty one can't be."""
        return not self.flow


Value: TypeAlias = Scalar | Alias | Collection
