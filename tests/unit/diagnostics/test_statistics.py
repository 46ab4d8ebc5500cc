"""How often each rule finds something, the most frequent first."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.diagnostics.report import Report
from orchestrator.diagnostics.statistics import statistics


def test_the_most_frequent_first_then_the_most_severe(report: Report) -> None:
    error, warning, note = report.findings
    found = [warning, note, error, *(replace(note, message=str(n)) for n in range(9))]
    assert statistics(found, {"ZMQ052": "unknown-address", "ZMQ131": "slow-joiner"}) == (
        "10  OWN1    note\n 1  ZMQ052  error    unknown-address\n 1  ZMQ131  warning  slow-joiner\n"
    )


def test_of_nothing(report: Report) -> None:
    assert statistics([], {}) == ""
