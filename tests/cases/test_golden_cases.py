"""Golden cases: `NAME.yaml` beside `NAME.expected`. A new case is a new file; `UPDATE_CASES=1` writes it.

`wrong`: mistakes that people really made, each with exactly the findings it deserves.
`real`: topologies of real programs, which have no error.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.load import load
from orchestrator.rules import run

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.yaml"))
REAL = sorted((HERE / "real").glob("*.yaml"))


def findings(case: Path) -> tuple[Diagnostic, ...]:
    """All findings in the order of their places; the file is named as seen from its own directory."""
    loaded = load(case.name, text=case.read_text(encoding="utf-8"), environ={})
    found = run(loaded.meant) if loaded.meant is not None else ()
    return tuple(sorted((*loaded.diagnostics, *found), key=lambda d: (d.span, d.code)))


def shown(found: tuple[Diagnostic, ...]) -> str:
    """A finding as lines: code, severity, place, message; the other places and the remedy below it."""
    lines: list[str] = []
    for d in found:
        lines.append(f"{d.code} {d.severity.value} {d.span.line}:{d.span.column} {d.message}")
        lines.extend(f"    {r.span.line}:{r.span.column} {r.message}" for r in d.related)
        if d.help:
            lines.append(f"    help: {d.help}")
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture(autouse=True)
def fixed_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Relative paths start from a short directory, and no path of this machine gets into a message."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_findings_are_as_expected(case: Path, tmp_path: Path) -> None:
    expected = case.with_suffix(".expected")
    found = shown(findings(case)).replace(str(tmp_path), "DIRECTORY")
    if os.environ.get("UPDATE_CASES"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", REAL, ids=lambda case: case.stem)
def test_real_topologies_have_no_error(case: Path) -> None:
    assert [d for d in findings(case) if d.severity is Severity.ERROR] == []


def test_no_expectation_is_left_over() -> None:
    assert {p.stem for p in HERE.glob("*/*.expected")} == {p.stem for p in CASES}
