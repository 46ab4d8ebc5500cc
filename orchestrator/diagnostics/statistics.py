"""How often each rule finds something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from orchestrator.diagnostics import Diagnostic
from orchestrator.diagnostics.report import rank


def statistics(findings: Iterable[Diagnostic], names: Mapping[str, str]) -> str:
    """A line per code: how often, code, severity, name; the most frequent first. `names` is code -> name."""
    counts = Counter((finding.code, finding.severity) for finding in findings)
    rows = sorted(counts.items(), key=lambda row: (-row[1], -rank(row[0][1]), row[0][0]))
    digits = max((len(str(count)) for _, count in rows), default=0)
    code_width = max((len(code) for (code, _), _ in rows), default=0)
    width = max((len(severity) for (_, severity), _ in rows), default=0)
    return "".join(
        f"{count:>{digits}}  {code:<{code_width}}  {severity:<{width}}  {names.get(code, '')}".rstrip() + "\n"
        for (code, severity), count in rows
    )
