"""Workflow commands of GitHub Actions, which become annotations of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows ten annotations
of each severity per step; all of them are in the step's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.diagnostics.report import Report

_COMMANDS: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "notice",
}
_OF_DATA: Final = {ord("%"): "%25", ord("\r"): "%0D", ord("\n"): "%0A"}
_OF_PROPERTY: Final = {**_OF_DATA, ord(":"): "%3A", ord(","): "%2C"}
"""What the runner's toolkit escapes in a message, and in a property."""


def render(report: Report) -> str:
    """`::error file=…,line=…,col=…,title=…::message`, a line each."""
    return "".join(f"{_command(report, finding)}\n" for finding in report.findings)


def _command(report: Report, finding: Diagnostic) -> str:
    span = finding.span
    properties: dict[str, object] = {
        "file": report.location(span.file),
        "line": span.line,
        "endLine": span.end_line,
    }
    if span.line == span.end_line:  # columns are refused for more than one line
        properties["col"] = span.column
        properties["endColumn"] = max(span.column, span.end_column - 1)
    properties["title"] = f"{finding.code} {report.name_of(finding.code)}"
    told = ",".join(f"{key}={_escaped(str(value), _OF_PROPERTY)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {told}::{_escaped(_message(finding), _OF_DATA)}"


def _message(finding: Diagnostic) -> str:
    lines = [finding.message, *(f"{related.span}: {related.message}" for related in finding.related)]
    if finding.help:
        lines.append(f"help: {finding.help}")
    return "\n".join(lines)


def _escaped(text: str, table: Mapping[int, str]) -> str:
    return text.translate(table)
