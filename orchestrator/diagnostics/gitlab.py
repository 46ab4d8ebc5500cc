"""GitLab's Code Quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.json import dump
from orchestrator.diagnostics.report import Report, identities, short_digest
from orchestrator.span import Span

_SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "major",
    Severity.WARNING: "minor",
    Severity.NOTE: "info",
}


def render(report: Report) -> str:
    """A JSON list. Fingerprints do not change when lines move, so a merge request shows what is new."""
    words = identities(report, short_digest)
    return dump([_issue(report, f, word) for f, word in zip(report.findings, words, strict=True)], indent=2)


def _issue(report: Report, finding: Diagnostic, fingerprint: str) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "type": "issue",
        "check_name": f"{finding.code} {report.name_of(finding.code)}",
        "description": finding.message,
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": _location(report, finding.span),
    }
    if finding.help:
        issue["content"] = {"body": finding.help}
    if finding.related:
        issue["other_locations"] = [_location(report, related.span) for related in finding.related]
    return issue


def _location(report: Report, span: Span) -> dict[str, Any]:
    # GitLab reads `lines` or `positions`; `lines` is the one that its every version knows
    return {
        "path": report.location(span.file),
        "lines": {"begin": span.line, "end": max(span.line, span.end_line)},
    }
