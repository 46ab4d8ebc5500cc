"""reviewdog's diagnostic format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.json import dump
from orchestrator.diagnostics.report import TOOL, Report
from orchestrator.span import Span, split_lines

_SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "ERROR",
    Severity.WARNING: "WARNING",
    Severity.NOTE: "INFO",
}


def render(report: Report) -> str:
    """A `DiagnosticResult`."""
    columns = _Columns(report)
    diagnostics = [_diagnostic(report, finding, columns) for finding in report.findings]
    return dump({"source": {"name": TOOL}, "diagnostics": diagnostics}, indent=2)


class _Columns:
    """Columns as reviewdog counts them: bytes of UTF-8, from 1."""

    def __init__(self, report: Report) -> None:
        self._sources = report.sources
        self._lines: dict[str, list[str]] = {}

    def range(self, span: Span) -> dict[str, Any]:
        return {
            "start": self._position(span.file, span.line, span.column),
            "end": self._position(span.file, span.end_line, span.end_column),
        }

    def _position(self, file: str, line: int, column: int) -> dict[str, int]:
        lines = self._lines.get(file)
        if lines is None:
            lines = self._lines[file] = split_lines(self._sources.get(file, ""))
        before = lines[line - 1][: column - 1] if 0 < line <= len(lines) else ""
        beyond = column - 1 - len(before)
        return {"line": line, "column": len(before.encode("utf-8", "surrogatepass")) + beyond + 1}


def _diagnostic(report: Report, finding: Diagnostic, columns: _Columns) -> dict[str, Any]:
    told = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    result: dict[str, Any] = {
        "message": told,
        "location": _location(report, finding.span, columns),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code},
    }
    # one suggestion is one replacement: a fix of several cannot be told in this format
    if finding.fix is not None and len(finding.fix.edits) == 1:
        [edit] = finding.fix.edits
        if edit.span.file == finding.span.file:
            result["suggestions"] = [{"range": columns.range(edit.span), "text": edit.text}]
    if finding.related:
        result["related_locations"] = [
            {"message": related.message, "location": _location(report, related.span, columns)}
            for related in finding.related
        ]
    return result


def _location(report: Report, span: Span, columns: _Columns) -> dict[str, Any]:
    return {"path": report.location(span.file), "range": columns.range(span)}
