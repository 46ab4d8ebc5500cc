"""What has a name in a topology, where it is defined, and where it is used. Values only, no protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.span import Span


class Kind(StrEnum):
    NODE = "node"
    SOCKET = "socket"
    MESSAGE = "message"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Name:
    """Something that can be referred to."""

    kind: Kind
    text: str
    """What stands in the file where it is defined: `ticks`, not `feed.ticks`."""
    node: str | None = None
    """The node of a socket."""

    @property
    def full(self) -> str:
        """How it is written from elsewhere: `feed.ticks` for a socket."""
        return f"{self.node}.{self.text}" if self.node else self.text


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a name stands."""

    name: Name
    span: Span
    defines: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """Every name of a topology with its places."""

    uses: tuple[Use, ...]
    bodies: Mapping[Name, Span] = field(default_factory=dict)
    """The whole block of a definition, from its name to its last line."""
    _by_line: dict[tuple[str, int], list[Use]] = field(default_factory=dict)

    @classmethod
    def of(cls, uses: Sequence[Use], bodies: Mapping[Name, Span]) -> Index:
        """Build it. Of several uses at one place, the first counts."""
        by_line: dict[tuple[str, int], list[Use]] = {}
        for use in uses:
            by_line.setdefault((use.span.file, use.span.line), []).append(use)
        return cls(tuple(uses), bodies, by_line)

    def at(self, file: str, line: int, column: int) -> Use | None:
        """The use at a position (counted from 1); its end belongs to it, as a cursor stands behind a word."""
        touching = [
            use
            for use in self._by_line.get((file, line), ())
            if use.span.column <= column <= use.span.end_column
        ]
        inside = [use for use in touching if column < use.span.end_column]
        return next(iter(inside or touching), None)

    def of_name(self, name: Name) -> tuple[Use, ...]:
        """Every place of a name, its definition included."""
        return tuple(use for use in self.uses if use.name == name)

    def definition(self, name: Name) -> Use | None:
        """Where a name is defined."""
        return next((use for use in self.uses if use.defines and use.name == name), None)

    def definitions(self, kind: Kind | None = None) -> Iterator[Use]:
        """Every definition, in the order of the index."""
        return (use for use in self.uses if use.defines and (kind is None or use.name.kind is kind))

    def node_at(self, file: str, line: int) -> str | None:
        """The node whose block covers a line."""
        for name, body in self.bodies.items():
            if name.kind is Kind.NODE and body.file == file and body.line <= line <= body.end_line:
                return name.text
        return None
