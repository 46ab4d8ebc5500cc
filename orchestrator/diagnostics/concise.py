"""One line per finding, as compilers write them, so that editors and `grep` understand it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.fixing import is_wanted
from orchestrator.diagnostics.text import harmless

if TYPE_CHECKING:
    from orchestrator.diagnostics.report import Report


def render(report: Report) -> str:
    """A line per finding of a run."""
    return lines(report.findings, mark_fixes=True)


def lines(findings: Iterable[Diagnostic], *, mark_fixes: bool = False) -> str:
    """`topology.yaml:11:36: error: message [ZMQ101]` (GNU coding standards, "Formatting Error Messages").

    `mark_fixes`: `[*]` stands before the message of what has a safe fix.
    """
    return "".join(f"{harmless(_line(finding, mark_fixes))}\n" for finding in findings)


def _line(finding: Diagnostic, mark_fixes: bool) -> str:
    mark = "[*] " if mark_fixes and is_wanted(finding, unsafe=False) else ""
    return f"{finding.span}: {finding.severity}: {mark}{finding.message} [{finding.code}]"
