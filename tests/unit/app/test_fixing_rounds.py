"""Fixes round after round: to an end, and never to the worse."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.app import fixing
from orchestrator.app.check import Checked
from orchestrator.app.fixing import Fixed, fix_all
from orchestrator.app.policy import Policies
from orchestrator.app.validate import Outcome
from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.source.codes import NOT_TEXT
from orchestrator.source.lines import position
from orchestrator.span import Span

Words = Mapping[str, tuple[Severity, str | None]]
Run = Callable[..., tuple[Fixed, Outcome, "Checker"]]
ERROR, WARNING = Severity.ERROR, Severity.WARNING


class Checker:
    """Stands in for `check_file`: finds words, each with a word to write in its place, or without."""

    def __init__(self, directory: Path, words: Words) -> None:
        self.directory = directory
        self.words = words
        self.checks = 0

    def __call__(
        self,
        file: str,
        *,
        text: str | None = None,
        policies: Policies | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> Checked:
        self.checks += 1
        assert text is None
        sources: dict[str, str] = {}
        names = [file]
        for name in names:
            path = self.directory / name
            sources[name] = (instead or {}).get(str(path.resolve()), path.read_text())
            names += re.findall(r"\binclude: (\S+)", sources[name])
        found = [finding for name, content in sources.items() for finding in self._find(name, content)]
        if "b needs one" in self.words and file == "b" and not any("one" in t for t in sources.values()):
            code, severity = "OWN000", self.words["b needs one"][0]
            found.append(
                Diagnostic(code=code, severity=severity, message="b needs one", span=Span("b", 1, 1, 1, 2))
            )
        return Checked(file=file, topology=None, findings=tuple(found), sources=sources)

    def _find(self, file: str, text: str) -> list[Diagnostic]:
        found = []
        for at in re.finditer(r"\w+", text):
            if at.group() in self.words:
                severity, better = self.words[at.group()]
                span = Span(file, *position(text, at.start()), *position(text, at.end()))
                fix = None if better is None else Fix(title="x", edits=(Edit(span, better),), safe=True)
                path = ("word", f"line {span.line}", len(re.findall(r"\w+", text[: at.start()])))
                found.append(
                    Diagnostic(
                        code=f"OWN{sorted(self.words).index(at.group()):03}",
                        severity=severity,
                        message=at.group(),
                        span=span,
                        path=path,
                        fix=fix,
                    )
                )
        return found


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def run(words: Words, **texts: str) -> tuple[Fixed, Outcome, Checker]:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        checker = Checker(tmp_path, words)
        monkeypatch.setattr(fixing, "check_file", checker)
        mains = [name for name in texts if not name.startswith("part")]
        outcome = Outcome(results=[checker(name) for name in mains])
        checker.checks = 0
        return fix_all(outcome, Policies()), outcome, checker

    return run


def changed(fixed: Fixed) -> dict[str, str]:
    return {change.file: change.after for change in fixed.changes}


def test_what_a_fix_uncovers_is_fixed_too(run: Run) -> None:
    words = {"one": (WARNING, "two"), "two": (WARNING, "three")}
    fixed, outcome, checker = run(words, a="one\none x\n")
    assert changed(fixed) == {"a": "three\nthree x\n"}
    assert fixed.findings == 4
    assert outcome.findings == []
    assert outcome.sources["a"] == "three\nthree x\n"
    assert checker.checks == 4


def test_after_ten_rounds_it_ends(run: Run) -> None:
    words = {f"w{n}": (WARNING, f"w{n + 1}") for n in range(20)}
    fixed, outcome, _ = run(words, a="w0")
    assert changed(fixed) == {"a": "w10"}
    assert [finding.message for finding in outcome.findings] == ["w10"]


def test_a_fix_that_does_not_end_its_finding_is_left_out(run: Run) -> None:
    fixed, outcome, _ = run({"one": (WARNING, "x one"), "two": (WARNING, "y")}, a="one two")
    assert changed(fixed) == {"a": "one y"}
    assert [(left.finding.message, left.reason) for left in fixed.left_out] == [
        ("one", "the finding would still be there")
    ]
    assert [finding.message for finding in outcome.findings] == ["one"]


def test_fixes_that_undo_each_other_end(run: Run) -> None:
    fixed, _, checker = run({"tic": (WARNING, "tac"), "tac": (WARNING, "tic")}, a="tic")
    assert changed(fixed) == {"a": "tac"}
    assert [left.reason for left in fixed.left_out] == ["other fixes would undo it"]
    assert checker.checks <= 3


def test_a_fix_that_makes_an_error_is_left_out_and_the_others_are_applied(run: Run) -> None:
    words = {"bad": (WARNING, "worse"), "worse": (ERROR, None)} | {f"w{n}": (WARNING, "x") for n in range(9)}
    text = "w0 w1 w2 w3 bad w4 w5 w6 w7 w8"
    fixed, _, checker = run(words, a=text)
    assert changed(fixed) == {"a": "x x x x bad x x x x x"}
    assert fixed.findings == 9
    [left] = fixed.left_out
    assert left.finding.message == "bad"
    assert left.reason == "there would be a new error: a:1:9: worse [OWN010]"
    assert checker.checks < 12


def test_a_fix_that_moves_its_error_elsewhere_is_left_out(run: Run) -> None:
    fixed, _, _ = run({"bad": (ERROR, "x\nbad")}, a="bad")
    assert fixed.changes == []
    assert [left.reason for left in fixed.left_out] == ["there would be a new error: a:2:1: bad [OWN000]"]


def test_an_error_that_was_there_keeps_nothing_back(run: Run) -> None:
    fixed, outcome, _ = run({"worse": (ERROR, None), "one": (WARNING, "two three")}, a="one worse")
    assert changed(fixed) == {"a": "two three worse"}
    assert [finding.message for finding in outcome.findings] == ["worse"]


def test_an_included_file_is_fixed_once_in_its_own_text(run: Run) -> None:
    text = "include: part.yaml\n"
    fixed, outcome, _ = run({"one": (WARNING, "two")}, a=text, b=f"one\n{text}", **{"part.yaml": "one"})
    assert changed(fixed) == {"part.yaml": "two", "b": f"two\n{text}"}
    assert fixed.findings == 2
    assert outcome.findings == []


def test_a_fix_that_makes_an_error_for_another_who_includes_the_file_is_left_out(run: Run) -> None:
    text = "include: part\n"
    fixed, outcome, _ = run(
        {"one": (WARNING, "two"), "b needs one": (ERROR, None)}, a=text, b=text, part="one"
    )
    assert fixed.changes == []
    assert {left.reason for left in fixed.left_out} == {
        "there would be a new error: b:1:1: b needs one [OWN000]"
    }
    assert [finding.message for finding in outcome.findings] == ["one", "one"]


def test_a_file_that_a_fix_brings_in_is_fixed_too(run: Run) -> None:
    words = {"incl": (WARNING, "include"), "one": (WARNING, "two")}
    fixed, _, _ = run(words, a="incl: part\n", part="one")
    assert changed(fixed) == {"a": "include: part\n", "part": "two"}


def test_what_is_not_told_is_not_fixed(run: Run) -> None:
    words = {"one": (WARNING, "two"), "three": (WARNING, "four")}
    run(words, a="one three")

    def told(result: Checked) -> Checked:
        return replace(result, findings=tuple(f for f in result.findings if f.message != "one"))

    outcome = Outcome(results=[fixing.check_file("a")])
    assert changed(fix_all(outcome, Policies(), told=told)) == {"a": "one four"}


def test_what_is_no_text_is_not_edited(run: Run) -> None:
    _, outcome, _ = run({"one": (WARNING, None)}, a="one")
    [finding] = outcome.findings
    fix = Fix(title="x", edits=(Edit(finding.span, "two"),), safe=True)
    findings = (replace(finding, code=NOT_TEXT), replace(finding, fix=fix))
    outcome.results = [replace(outcome.results[0], findings=findings)]
    assert fix_all(outcome, Policies()).changes == []
