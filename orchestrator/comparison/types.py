"""A change, and all of them, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.comparison.classes import Class
from orchestrator.span import Span
from orchestrator.vocabulary import JsonValue, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is different."""

    key: str
    """A key of KINDS."""
    severity: Class
    subject: str
    """What it is about, as users write it: `feed`, `feed.ticks`, `message Tick`."""
    message: str
    """What happened, in words, without the subject."""
    path: Path
    """Where it stands, in the new file unless it is gone."""
    old: JsonValue = None
    new: JsonValue = None
    """The values, as far as there are any; secrets are hidden."""
    old_place: Span | None = None
    new_place: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that is different, the most serious first, then in the order of the file."""

    changes: tuple[Change, ...]

    def of(self, severity: Class) -> tuple[Change, ...]:
        """The changes of one class."""
        return tuple(change for change in self.changes if change.severity is severity)

    def fails(self, fail_on: Class | None) -> bool:
        """Whether a change is as serious as `fail_on`; None: nothing is."""
        return fail_on is not None and any(c.severity.rank <= fail_on.rank for c in self.changes)

    @property
    def counts(self) -> Mapping[Class, int]:
        """How many there are of each class."""
        return {severity: len(self.of(severity)) for severity in Class}
