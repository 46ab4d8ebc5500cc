"""Fixes put into texts: which of them go together, and the texts that come of it. Pure; YAML is not known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.diagnostics import Diagnostic, Edit, Fix
from orchestrator.span import Span, line_bounds

Stretch = tuple[int, int]
"""text[start:end]; an insertion is as long as nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of applying fixes."""

    texts: Mapping[str, str]
    """file -> its text afterwards; of those only that are edited."""
    done: tuple[Diagnostic, ...]
    """The findings whose fix is in the texts."""
    waiting: tuple[Diagnostic, ...]
    """Those whose fix overlaps one that is applied; another check gives it the places of the new texts."""
    impossible: tuple[Diagnostic, ...]
    """Those without a fix, and those whose fix edits what is not there, or overlaps itself."""


def is_wanted(finding: Diagnostic, *, unsafe: bool) -> bool:
    """Whether there is a fix to apply: a safe one, or with `unsafe` any."""
    return finding.fix is not None and (finding.fix.safe or unsafe)


def apply(texts: Mapping[str, str], findings: Iterable[Diagnostic]) -> Applied:
    """Apply the fixes of findings, as many as go together: safe ones first, then by place.

    Two fixes overlap when they edit a common character, or insert at one place. Findings that propose the
    same edits are all ended by making them once. `texts` are those that the spans count in.
    """
    drafts: dict[str, _Draft] = {}
    made: set[frozenset[Edit]] = set()
    done: list[Diagnostic] = []
    waiting: list[Diagnostic] = []
    impossible: list[Diagnostic] = []
    for finding in sorted(findings, key=_rank):
        fix = finding.fix
        stretches = None if fix is None else _stretches(fix, texts, drafts)
        if fix is None or stretches is None:
            impossible.append(finding)
        elif frozenset(fix.edits) in made:
            done.append(finding)
        elif all(drafts[edit.span.file].is_free(stretch) for edit, stretch in stretches):
            for edit, stretch in stretches:
                drafts[edit.span.file].take(stretch, edit.text)
            made.add(frozenset(fix.edits))
            done.append(finding)
        else:
            waiting.append(finding)
    return Applied(
        texts={file: draft.text() for file, draft in drafts.items() if draft.edits},
        done=tuple(done),
        waiting=tuple(waiting),
        impossible=tuple(impossible),
    )


def _rank(finding: Diagnostic) -> tuple[bool, Span]:
    fix = finding.fix
    spans = [edit.span for edit in fix.edits] if fix is not None else []
    return fix is None or not fix.safe, min(spans, default=finding.span)


def _stretches(
    fix: Fix, texts: Mapping[str, str], drafts: dict[str, _Draft]
) -> list[tuple[Edit, Stretch]] | None:
    """Each edit with what it replaces; None where the fix can't be made."""
    found: list[tuple[Edit, Stretch]] = []
    for edit in fix.edits:
        file = edit.span.file
        if file not in texts:
            return None
        if file not in drafts:
            drafts[file] = _Draft(texts[file])
        stretch = drafts[file].stretch(edit.span)
        if stretch is None:
            return None
        if any(other.span.file == file and overlap(stretch, taken) for other, taken in found):
            return None
        found.append((edit, stretch))
    return found or None


def overlap(one: Stretch, other: Stretch) -> bool:
    """Whether two edits can't both be made: a common character, an insertion within, or at one place."""
    if one[0] == one[1] or other[0] == other[1]:
        return one == other or one[0] < other[0] < one[1] or other[0] < one[0] < other[1]
    return one[0] < other[1] and other[0] < one[1]


@dataclass(slots=True)
class _Draft:
    """A text and the edits that it takes."""

    before: str
    edits: list[tuple[Stretch, str]] = field(default_factory=list)
    """In their order in the text; none of them overlap."""
    _lines: list[Stretch] = field(init=False)

    def __post_init__(self) -> None:
        self._lines = line_bounds(self.before)

    def stretch(self, span: Span) -> Stretch | None:
        """Where a span is in the text; None for one that leaves it or ends before it starts."""
        start, end = self._index(span.line, span.column), self._index(span.end_line, span.end_column)
        return None if start is None or end is None or start > end else (start, end)

    def is_free(self, stretch: Stretch) -> bool:
        """Whether no edit so far overlaps. Those do not overlap each other, so the neighbours tell."""
        at = bisect_left(self.edits, stretch, key=_place)
        return not any(overlap(stretch, taken) for taken, _ in self.edits[max(0, at - 1) : at + 1])

    def take(self, stretch: Stretch, text: str) -> None:
        self.edits.insert(bisect_left(self.edits, stretch, key=_place), (stretch, text))

    def text(self) -> str:
        """The text with all edits made."""
        parts: list[str] = []
        at = 0
        for (start, end), text in self.edits:
            parts += (self.before[at:start], text)
            at = end
        return "".join((*parts, self.before[at:]))

    def _index(self, line: int, column: int) -> int | None:
        if line == len(self._lines) + 1 and column == 1:
            return len(self.before)  # behind the last line: the end of a whole line, though no break ends it
        if not 0 < line <= len(self._lines):
            return None
        start, end = self._lines[line - 1]
        return start + column - 1 if 1 <= column <= end - start + 1 else None


def _place(edit: tuple[Stretch, str]) -> Stretch:
    return edit[0]
