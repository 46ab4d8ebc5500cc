"""A comparison as text for people, as JSON, and as Markdown for a pull request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.comparison.classes import Class
from orchestrator.comparison.types import Change, Comparison
from orchestrator.diagnostics.text import harmless
from orchestrator.span import NOWHERE, Span

VERSION: Final = 1
"""Of the JSON form; grows when something that is there today changes or goes."""

TITLES: Final[Mapping[Class, str]] = {
    Class.WIRE: "Breaking on the wire",
    Class.ENDPOINT: "Endpoints",
    Class.PROCESS: "Processes",
    Class.COSMETIC: "Cosmetic",
}
_COLOURS: Final[Mapping[Class, str]] = {
    Class.WIRE: "\x1b[1;31m",
    Class.ENDPOINT: "\x1b[1;33m",
    Class.PROCESS: "\x1b[1;36m",
    Class.COSMETIC: "\x1b[2m",
}
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A comparison with the names of what was compared."""

    old: str
    new: str
    comparison: Comparison


def to_text(told: Told, *, colour: bool = False) -> str:
    """Changes by class, each with its place; a line that sums up."""
    lines: list[str] = []
    for severity in Class:
        changes = told.comparison.of(severity)
        if changes:
            title = TITLES[severity].lower()
            lines += [f"{_COLOURS[severity]}{title}\x1b[0m" if colour else title, *_rows(changes), ""]
    return "\n".join([*lines, f"{summary(told.comparison)}."]) + "\n"


def to_json(told: Told, *, colour: bool = False) -> str:
    """The changes for programs; docs/reference/diff.md lists the keys."""
    data = {
        "version": VERSION,
        "old": told.old,
        "new": told.new,
        "counts": {severity.value: count for severity, count in told.comparison.counts.items()},
        "changes": [
            {
                "key": change.key,
                "class": change.severity.value,
                "subject": change.subject,
                "message": change.message,
                "path": list(change.path),
                "old": change.old,
                "new": change.new,
                "old_place": _place(change.old_place),
                "new_place": _place(change.new_place),
            }
            for change in told.comparison.changes
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def to_markdown(told: Told, *, colour: bool = False) -> str:
    """For a comment on a pull request: a table per class, the cosmetic ones folded."""
    comparison = told.comparison
    mark = "⚠️ " if comparison.of(Class.WIRE) else ""
    lines = [f"### {mark}{_md(told.old)} → {_md(told.new)}", "", f"{summary(comparison)}.", ""]
    for severity in Class:
        changes = comparison.of(severity)
        if not changes:
            continue
        table = ["| what | change | where |", "| --- | --- | --- |", *map(_md_row, changes)]
        if severity is Class.COSMETIC:
            title = f"<details><summary>{TITLES[severity]} ({len(changes)})</summary>"
            lines += [title, "", *table, "", "</details>", ""]
        else:
            lines += [f"**{TITLES[severity]}**", "", *table, ""]
    return "\n".join(lines).rstrip("\n") + "\n"


Writer: TypeAlias = Callable[..., str]
FORMATS: Final[Mapping[str, Writer]] = {"text": to_text, "json": to_json, "markdown": to_markdown}


def summary(comparison: Comparison) -> str:
    """`2 changes break the wire, 1 concerns endpoints`."""
    words = {
        Class.WIRE: "breaking on the wire",
        Class.ENDPOINT: "of endpoints",
        Class.PROCESS: "of processes",
        Class.COSMETIC: "cosmetic",
    }
    counts = [f"{count} {words[severity]}" for severity, count in comparison.counts.items() if count]
    total = len(comparison.changes)
    if not total:
        return "No changes"
    return f"{total} change{'' if total == 1 else 's'}: {', '.join(counts)}"


def _rows(changes: Iterable[Change]) -> Iterable[str]:
    for change in changes:
        place = change.new_place or change.old_place
        at = f"  ({place})" if place is not None and place != NOWHERE else ""
        yield harmless(f"  {change.subject}: {change.message}{at}")


def _md_row(change: Change) -> str:
    place = change.new_place or change.old_place
    where = "" if place is None or place == NOWHERE else f"{_md(place.file)}:{place.line}"
    return f"| {_md(change.subject)} | {_md(change.message)} | {where} |"


def _md(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(harmless(text).split()))


def _place(span: Span | None) -> dict[str, object] | None:
    if span is None or span == NOWHERE:
        return None
    return {"file": span.file, "line": span.line, "column": span.column}
