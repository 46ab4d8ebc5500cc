"""Findings as people read them: message, source excerpt with carets, both ends of a link, what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.fixing import is_wanted
from orchestrator.span import NOWHERE, Span, split_lines
from orchestrator.vocabulary import Path

if TYPE_CHECKING:
    from orchestrator.diagnostics.report import Report

_TAB: Final = 4
_LONGEST: Final = 160
"""Characters of a line that are shown; longer lines are cut around the place."""
_BEFORE: Final = 60
"""Characters before the place that are shown of a long line."""
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_COLOURS: Final[Mapping[str, str]] = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.NOTE: "\x1b[1;36m",
    "bold": "\x1b[1m",
    "blue": "\x1b[1;34m",
    "help": "\x1b[1;32m",
    "end": "\x1b[0m",
}


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Formats findings. `sources` gives the text of each file, for excerpts; a file without one gets none."""

    sources: Mapping[str, str]
    colour: bool = False
    mark_fixes: bool = False
    """Whether `[*]` stands behind the code of what has a safe fix."""
    _lines: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """file -> its lines, once they were asked for: splitting them anew for each finding takes minutes."""

    def finding(self, finding: Diagnostic) -> str:
        """One finding, without a blank line after it."""
        head = self._paint(finding.severity, f"{finding.severity}[{finding.code}]")
        if self.mark_fixes and is_wanted(finding, unsafe=False):
            head += self._paint("help", "[*]")
        blocks: list[tuple[Span, str, str]] = [(finding.span, finding.severity, "")]
        blocks += [(related.span, "blue", related.message) for related in finding.related]
        gutter = max((len(str(span.line)) for span, _, _ in blocks), default=1)
        lines = [f"{head}{self._paint('bold', ': ' + harmless(finding.message))}"]
        for number, (span, style, label) in enumerate(blocks):
            if span == NOWHERE:
                lines += self._in_code(finding.path if number == 0 else (), label, gutter)
                continue
            arrow = "-->" if number == 0 else ":::"
            lines += self._excerpt(span, style, label, gutter, arrow, shown=not finding.private)
        if finding.help:
            edge = " " * gutter
            first, *more = map(harmless, finding.help.splitlines())
            lines.append(f"{edge} {self._paint('blue', '=')} {self._paint('help', 'help:')} {first}")
            lines += [f"{edge}         {line}" for line in more]
        return "\n".join(lines)

    def findings(self, findings: Sequence[Diagnostic]) -> str:
        """All findings, a blank line between them."""
        return "\n\n".join(self.finding(finding) for finding in findings)

    def _in_code(self, path: Path, label: str, gutter: int) -> list[str]:
        """Where a value stands that was built in code: the keys that lead to it."""
        edge = " " * gutter
        if path:
            return [f"{edge}{self._paint('blue', '-->')} {harmless('.'.join(map(str, path)))}"]
        return [f"{edge} {self._paint('blue', '=')} {harmless(label)}"] if label else []

    def _excerpt(
        self, span: Span, style: str, label: str, gutter: int, arrow: str, *, shown: bool
    ) -> list[str]:
        edge = " " * gutter
        lines = [f"{edge}{self._paint('blue', arrow)} {harmless(str(span))}"]
        label = harmless(label)
        source = self._line(span) if shown else None
        if source is None:
            return [*lines, f"{edge} {self._paint('blue', '=')} {label}"] if label else lines
        bar = self._paint("blue", "|")
        end = span.end_column if span.end_line == span.line else len(source) + 1
        source, start, end = _window(source, span.column - 1, max(end, span.column) - 1)
        before = _width(source[:start])
        length = max(1, _width(source[start:end]))
        mark = self._paint(style, ("^" if arrow == "-->" else "-") * length + (f" {label}" if label else ""))
        number = self._paint("blue", str(span.line).rjust(gutter))
        return [
            *lines,
            f"{edge} {bar}",
            f"{number} {bar} {_visible(source)}".rstrip(),
            f"{edge} {bar} {' ' * before}{mark}",
        ]

    def _line(self, span: Span) -> str | None:
        text = self.sources.get(span.file)
        if text is None:
            return None
        lines = self._lines.get(span.file)
        if lines is None:
            lines = self._lines[span.file] = split_lines(text)
        return lines[span.line - 1] if 0 < span.line <= len(lines) else ""

    def _paint(self, style: str, text: str) -> str:
        return f"{_COLOURS[style]}{text}{_COLOURS['end']}" if self.colour else text


def render(report: Report) -> str:
    """All findings of a run, without colours."""
    told = TextFormat(report.sources, mark_fixes=True).findings(report.findings)
    return f"{told}\n" if told else ""


def summary(findings: Sequence[Diagnostic], files: int, *hidden: str) -> str:
    """`Found 2 errors and 1 warning in 3 files.` `hidden` says what is not told: `1 ignored by a comment`."""
    counts = [(sum(f.severity is s for f in findings), s.value) for s in Severity]
    told = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts if n]
    where = f"in {files} files" if files > 1 else "in 1 file"
    beside = f" ({', '.join(hidden)})" if hidden else ""
    return (
        f"Found {' and '.join(told) if len(told) < 3 else ', '.join(told)} {where}{beside}." if told else ""
    )


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a long line that is worth showing, and where line[start:end] is in it."""
    if len(line) <= _LONGEST:
        return line, start, end
    first = max(0, min(start - _BEFORE, len(line) - _LONGEST))
    last = first + _LONGEST
    left = "…" if first else ""
    shown = left + line[first:last] + ("…" if last < len(line) else "")
    shift = len(left) - first
    return shown, start + shift, min(end + shift, len(shown))


def _visible(text: str) -> str:
    """A source line as it is shown: tabs as spaces."""
    return harmless(text.replace("\t", " " * _TAB))


def harmless(text: str) -> str:
    """Control characters, and those that turn the direction of writing, as U+FFFD.

    A file must neither steer the terminal nor look like another one (CVE-2021-42574).
    """
    return text if text.isprintable() else "".join(map(_replaced, text))


def _replaced(character: str) -> str:
    # surrogates stand for bytes of a file's name that are not UTF-8; few outputs take them
    is_odd = unicodedata.category(character) in ("Cc", "Cs") or character in _TURNING
    return "\N{REPLACEMENT CHARACTER}" if is_odd else character


def _width(text: str) -> int:
    """Terminal columns (UAX #11: wide and full-width characters take two, combining marks none)."""
    columns = 0
    for character in text:
        if character == "\t":
            columns += _TAB
        elif character in _TURNING:
            columns += 1
        elif unicodedata.category(character) in ("Mn", "Me", "Cf"):
            continue
        else:
            columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns
