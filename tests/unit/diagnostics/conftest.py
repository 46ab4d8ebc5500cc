"""One report that has everything a format can be asked to tell."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Related, Severity
from orchestrator.diagnostics.report import Report, RuleInfo
from orchestrator.span import Span

TEXT = "version: 1\nname: ä𐐀b\n  connect: fed.ticks  # x\n  bind: tcp://*:1\n"


def span(line: int, column: int, end_column: int, *, file: str = "sub dir/a.yaml") -> Span:
    return Span(file=file, line=line, column=column, end_line=line, end_column=end_column)


@pytest.fixture
def report() -> Report:
    """Three findings in two files (one of them outside of the repository), a third file that is clean."""
    mistake = Diagnostic(
        code="ZMQ052",
        severity=Severity.ERROR,
        message='there is no `fed`, 100% sure: <a> & "b", c',
        span=span(2, 9, 10),
        related=(Related("`feed.ticks` is here", span(4, 9, 18)),),
        help="did you mean `feed`?\nor `food`?",
        path=("nodes", "a", "sockets", "in", "connect", 0),
        fix=Fix(title="Write `feed`", edits=(Edit(span(2, 9, 10), "feed"),), safe=True),
    )
    twofold = Diagnostic(
        code="ZMQ131",
        severity=Severity.WARNING,
        message="too early \x07",
        span=Span("sub dir/a.yaml", 3, 3, 4, 5),
        path=("nodes", "a"),
        fix=Fix(title="Wait", edits=(Edit(span(3, 1, 1), "# "), Edit(span(4, 1, 1), "# ")), safe=False),
    )
    foreign = Diagnostic(
        code="OWN1", severity=Severity.NOTE, message="as you like", span=span(1, 1, 8, file="/else/b.yaml")
    )
    return Report(
        findings=(mistake, twofold, foreign),
        files=("sub dir/a.yaml", "/else/b.yaml", "clean.yaml"),
        sources={"sub dir/a.yaml": TEXT, "/else/b.yaml": "version: 1\n"},
        rules={
            "ZMQ052": RuleInfo(
                code="ZMQ052",
                name="unknown-address",
                severity=Severity.ERROR,
                summary="`connect` names nothing.",
                page="# ZMQ052: unknown-address\n",
            ),
            "ZMQ131": RuleInfo(
                code="ZMQ131",
                name="slow-joiner",
                severity=Severity.WARNING,
                summary="Too early.",
                page="# ZMQ131: slow-joiner\n",
            ),
        },
        version="1.2.3",
        failed=frozenset({mistake}),
        directory="/repo/work",
        root="/repo",
    )
