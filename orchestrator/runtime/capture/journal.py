"""The journal: everything that happens to a run but what its nodes write, as JSON lines.

docs/reference/events.md has the fields.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.runtime.capture.encoding import timestamp
from orchestrator.runtime.records import fields
from orchestrator.runtime.reports import OutputLine, Report, Vitals

VERSION: Final = 1
"""Of the records' fields: goes up when one of them changes its meaning. New ones may come without that."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class EventEntry:
    """One record, for the writer."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def lines(self) -> bytes:
        return self.data

    def count(self) -> int:
        return 1


def entry(report: Report) -> EventEntry | None:
    """A report as a record of the journal; None for what does not belong there."""
    if isinstance(report, OutputLine | Vitals):
        return None
    return EventEntry(record(report.time, fields(report)))


def excuse(seconds: float, lost: int, reason: str) -> bytes:
    """The record that stands where others could not be written."""
    return record(seconds, {"event": "missing", "count": lost, "reason": reason})


def record(seconds: float, found: dict[str, Any]) -> bytes:
    """One line of the journal."""
    text = _encode(
        {"version": VERSION, "time": timestamp(seconds), **{k: found[k] for k in found if k != "time"}}
    )
    return text.encode("utf-8", "backslashreplace") + b"\n"
