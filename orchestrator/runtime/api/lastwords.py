"""The last lines of each unit's output when it last failed: they stay to be seen after it runs again."""

from __future__ import annotations

from orchestrator.runtime.reports import Report, StateChanged


class LastWords:
    """A listener that remembers."""

    def __init__(self) -> None:
        self._lines: dict[str, tuple[str, ...]] = {}

    def hear(self, report: Report) -> None:
        if isinstance(report, StateChanged) and report.last_lines:
            self._lines[report.unit] = report.last_lines

    def of(self, unit: str) -> tuple[str, ...]:
        """Of one unit; nothing where it never failed."""
        return self._lines.get(unit, ())
