"""One JSON object per finding and line, each complete in itself: for `jq`, logs and streams."""

from __future__ import annotations

from orchestrator.diagnostics.json import VERSION, as_data, dump
from orchestrator.diagnostics.report import Report


def render(report: Report) -> str:
    """The findings of the `json` format, a line each, with the version in every one."""
    return "".join(dump({"version": VERSION, **as_data(report, f)}) for f in report.findings)
