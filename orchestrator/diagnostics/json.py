"""Findings as one JSON document. Its form is a promise: docs/reference/findings.md."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.diagnostics.report import TOOL, Report
from orchestrator.span import Span

VERSION: Final = 1
"""Grows when a reader of an older version would misunderstand; new keys alone do not count."""


def render(report: Report) -> str:
    """The whole run."""
    return dump(
        {
            "version": VERSION,
            "tool": {"name": TOOL, "version": report.version},
            "files": list(report.files),
            "summary": {s.value: sum(f.severity is s for f in report.findings) for s in Severity},
            "findings": [as_data(report, finding) for finding in report.findings],
        },
        indent=2,
    )


def as_data(report: Report, finding: Diagnostic) -> dict[str, Any]:
    """One finding. Every key is always there; what a finding does not have is null or empty."""
    return {
        "code": finding.code,
        "name": report.name_of(finding.code),
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.help,
        **_place(finding.span),
        "path": list(finding.path),
        "related": [{"message": r.message, **_place(r.span)} for r in finding.related],
        "fix": None if finding.fix is None else _fix(finding.fix),
    }


def dump(value: object, *, indent: int | None = None) -> str:
    """JSON that every reader takes: ASCII only, so that an odd character of a file's name can't break it."""
    from json import dumps

    return dumps(value, indent=indent) + "\n"


def _fix(fix: Fix) -> dict[str, Any]:
    return {"title": fix.title, "safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.span), "text": edit.text}


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": span.file,
        "start": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }
