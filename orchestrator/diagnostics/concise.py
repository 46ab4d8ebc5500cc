"""One line per finding, as compilers write them, so that editors and `grep` understand it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.text import harmless

if TYPE_CHECKING:
    from orchestrator.diagnostics.report import Report


def render(report: Report) -> str:
    """A line per finding of a run."""
    return lines(report.findings)


def lines(findings: Iterable[Diagnostic]) -> str:
    """`topology.yaml:11:36: error: message [ZMQ101]` (GNU coding standards, "Formatting Error Messages")."""
    return "".join(f"{harmless(f'{f.span}: {f.severity}: {f.message} [{f.code}]')}\n" for f in findings)
