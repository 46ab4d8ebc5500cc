"""Which lines of a log somebody wants to see."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from orchestrator.runtime.capture.levels import LEVELS
from orchestrator.runtime.capture.reading import Line

_TEXT: Final = b',"text":"'
_MISSING: Final = b',"missing":'


@dataclass(frozen=True, slots=True)
class Choice:
    """What must be true of a line: one of the marks of each group before its text, and a pattern in it.

    Marks are pieces of JSON with their quotes. A text cannot have them, for its quotes have backslashes; so
    no line need be parsed to be left out. Lines that tell of missing ones are always wanted.
    """

    marks: tuple[tuple[bytes, ...], ...]
    pattern: re.Pattern[str] | None

    def __call__(self, line: Line) -> bool:
        head = line.raw[: line.raw.find(_TEXT)]
        if _MISSING in head:
            return True
        if not all(any(mark in head for mark in group) for group in self.marks):
            return False
        return self.pattern is None or self.pattern.search(str(line.fields.get("text"))) is not None


def choice(
    *,
    level: str | None = None,
    streams: Collection[str] = (),
    trace: str | None = None,
    pattern: re.Pattern[str] | None = None,
) -> Choice:
    """Lines of at least this level, of these streams, of one trace, with a pattern in their text."""
    groups = []
    if level is not None:
        groups.append(tuple(f'"level":"{word}"'.encode() for word in LEVELS[LEVELS.index(level) :]))
    if streams:
        groups.append(tuple(f'"stream":"{stream}"'.encode() for stream in streams))
    if trace is not None:
        groups.append((f'"trace_id":{json.dumps(trace)}'.encode(),))
    return Choice(tuple(groups), pattern)
