"""Ignore comments: what they hide, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.app.check import Checked, check_file
from orchestrator.app.policy import Overrides, Policies
from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.bookkeeping import BOOKKEEPING
from orchestrator.rules.catalogue import load
from orchestrator.span import split_lines

EARLY = """\
version: 1
name: early
nodes:
  feed:
    command: ./feed
    kind: task
    sockets:
      out: {type: PUB, bind: tcp://localhost:5555}
  client:
    command: ./client
    sockets:
      in: {type: SUB, connect: feed.out, subscribe: [""]}
"""
LINE = 8
"""Where ZMQ131 and ZMQ308 stand."""


def checked(text: str, *, file: str = "t.yaml", **overrides: object) -> Checked:
    policies = Policies(Overrides(isolated=True, **overrides))  # type: ignore[arg-type]
    return check_file(file, text=text, environ={}, policies=policies)


def codes(text: str, **overrides: object) -> list[str]:
    return sorted(finding.code for finding in checked(text, **overrides).findings)


def trailing(comment: str, line: int = LINE) -> str:
    lines = EARLY.splitlines()
    lines[line - 1] += f"  # orchestrator: {comment}"
    return "\n".join(lines) + "\n"


def above(comment: str, line: int = LINE) -> str:
    lines = EARLY.splitlines()
    lines.insert(line - 1, f"      # orchestrator: {comment}")
    return "\n".join(lines) + "\n"


def test_without_comments_both_are_found() -> None:
    assert codes(EARLY) == ["ZMQ131", "ZMQ308"]


@pytest.mark.parametrize("place", [trailing, above])
@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("ignore[ZMQ131] it sleeps", ["ZMQ308"]),
        ("ignore[slow-joiner]: it sleeps", ["ZMQ308"]),
        ("ignore[zmq131,ZMQ308] reasons", []),
        ("ignore [ ZMQ131 , bind-localhost ] — reasons", []),
        ("ignore-file[ZMQ131] it sleeps", ["ZMQ308"]),
    ],
)
def test_a_comment_hides_what_it_names(place: object, comment: str, left: list[str]) -> None:
    result = checked(place(comment))  # type: ignore[operator]
    assert [finding.code for finding in result.findings] == left
    assert result.ignored == 2 - len(left)


def test_a_comment_for_the_file_may_stand_anywhere() -> None:
    assert codes("# orchestrator: ignore-file[ZMQ131, ZMQ308] all of it\n" + EARLY) == []
    assert codes(EARLY + "# orchestrator: ignore-file[ZMQ131, ZMQ308] all of it\n") == []


def test_a_comment_at_another_line_hides_nothing_and_is_reported() -> None:
    result = checked(trailing("ignore[ZMQ131] it sleeps", line=7))
    assert sorted(f.code for f in result.findings) == ["ZMQ131", "ZMQ308", "ZMQ901"]
    [finding] = [f for f in result.findings if f.code == "ZMQ901"]
    assert finding.span.line == 7
    assert finding.severity is Severity.WARNING
    assert finding.message == "there is no finding ZMQ131 to ignore here"


@pytest.mark.parametrize(
    ("comment", "code", "told"),
    [
        ("ignore[ZMQ131]", "ZMQ902", "no reason"),
        ("ignore[ZMQ131] - ", "ZMQ902", "no reason"),
        ("ignore ZMQ131 it sleeps", "ZMQ903", "names no code"),
        ("ignore[] it sleeps", "ZMQ903", "names no code"),
        ("ignore[ , ] it sleeps", "ZMQ903", "names no code"),
        ("ingore[ZMQ131] it sleeps", "ZMQ903", "`ingore` is no word"),
        ("noqa", "ZMQ903", "`noqa` is no word"),
        ("disable[ZMQ131] x", "ZMQ903", "`disable` is no word"),
        ("ignore[slow-joyner] it sleeps", "ZMQ904", "no rule `slow-joyner`"),
        ("ignore[ZMQ1] it sleeps", "ZMQ904", "`ZMQ1` is no single rule"),
        ("ignore[ALL] it sleeps", "ZMQ904", "`ALL` is no single rule"),
        ("ignore[unknown-key] it sleeps", "ZMQ904", "`unknown-key` can't be ignored"),
        ("ignore[ZMQ901] it sleeps", "ZMQ904", "`ZMQ901` can't be ignored"),
    ],
)
def test_a_comment_that_ignores_nothing_is_a_finding(comment: str, code: str, told: str) -> None:
    result = checked(trailing(comment))
    assert sorted(f.code for f in result.findings) == ["ZMQ131", "ZMQ308", code]
    [finding] = [f for f in result.findings if f.code == code]
    assert told in finding.message
    assert finding.help
    assert (finding.span.line, finding.severity) == (LINE, Severity.WARNING)


@pytest.mark.parametrize("comment", ["see the wiki", "this is the feed", "", "42"])
def test_prose_is_left_alone(comment: str) -> None:
    assert codes(trailing(comment)) == ["ZMQ131", "ZMQ308"]


def test_the_right_codes_of_a_comment_count_beside_wrong_ones() -> None:
    assert codes(trailing("ignore[ZMQ131, nothing] x")) == ["ZMQ308", "ZMQ904"]


def test_the_nearest_name_is_proposed() -> None:
    [finding] = [f for f in checked(trailing("ignore[slow-joyner] x")).findings if f.code == "ZMQ904"]
    assert finding.help is not None
    assert finding.help.startswith("did you mean slow-joiner?")


def test_a_comment_is_not_unused_when_its_rule_was_not_asked_for() -> None:
    text = trailing("ignore[ZMQ201] x")
    assert "ZMQ901" in codes(text)
    assert codes(text, ignore=("ZMQ201",)) == ["ZMQ131", "ZMQ308"]


def test_a_comment_is_not_unused_while_the_file_cannot_be_read() -> None:
    assert codes(trailing("ignore[ZMQ201] x") + "nodez: {}\n") == ["ZMQ030", "ZMQ131", "ZMQ308"]


def test_errors_of_reading_cannot_be_hidden() -> None:
    text = (
        "# orchestrator: ignore-file[ZMQ131, ZMQ308] x\n"
        + EARLY
        + "nodez: {}  # orchestrator: ignore[ZMQ030] y\n"
    )
    assert codes(text) == ["ZMQ030", "ZMQ904"]


def test_findings_about_comments_can_be_deselected() -> None:
    assert codes(trailing("ignore[ZMQ201] x"), ignore=("ZMQ9",)) == ["ZMQ131", "ZMQ308"]
    assert codes(trailing("ignore[ZMQ201] x"), select=("unused-ignore",)) == []


def test_an_ignored_error_no_longer_stands_in_the_way_of_up() -> None:
    wrong = EARLY.replace("type: SUB", "type: PULL").replace(', subscribe: [""]', "")
    assert not checked(wrong).ok
    lines = wrong.splitlines()
    lines[11] += "  # orchestrator: ignore[ZMQ101] a bridge sits between"
    assert checked("\n".join(lines)).ok


def test_comments_of_included_files_count_but_are_not_judged_unused(tmp_path: Path) -> None:
    main = EARLY.replace("nodes:\n", "include: [more.yaml]\nnodes:\n", 1)
    (tmp_path / "t.yaml").write_text(main)
    (tmp_path / "more.yaml").write_text(
        "nodes:\n  early:\n    command: ./x\n    kind: task\n    sockets:\n"
        "      # orchestrator: ignore[ZMQ131] x\n"
        "      out: {type: PUB, bind: tcp://127.0.0.1:5557}  # orchestrator: ignore-file[ZMQ308] y\n"
        "  late:\n    command: ./y\n    sockets:\n"
        "      in: {type: SUB, connect: early.out, subscribe: ['']}\n"
    )
    result = check_file(str(tmp_path / "t.yaml"), environ={})
    assert [(f.code, Path(f.span.file).name) for f in result.findings] == [
        ("ZMQ131", "t.yaml"),
        ("ZMQ308", "t.yaml"),
    ]


# ---------------------------------------------------------------------- fixes, pages


def applied(text: str, finding: Diagnostic) -> str:
    """The text with the finding's fix."""
    assert finding.fix is not None
    assert finding.fix.safe
    lines = [line + "\n" for line in split_lines(text)]
    for edit in finding.fix.edits:
        at = edit.span
        tail = lines[at.end_line - 1][at.end_column - 1 :]
        lines[at.line - 1 : at.end_line] = [lines[at.line - 1][: at.column - 1] + edit.text + tail]
    return "".join(lines)[:-1]


def unused_of(text: str) -> Diagnostic:
    [finding] = [f for f in checked(text).findings if f.code == "ZMQ901"]
    return finding


@pytest.mark.parametrize("place", [trailing, above])
def test_the_fix_of_an_unused_comment_removes_it(place: object) -> None:
    text = place("ignore[ZMQ201, ZMQ202] x")  # type: ignore[operator]
    assert applied(text, unused_of(text)) == EARLY


@pytest.mark.parametrize("place", [trailing, above])
def test_the_fix_of_a_comment_that_is_used_in_part_keeps_that_part(place: object) -> None:
    text = place("ignore[ZMQ201, slow-joiner] x")  # type: ignore[operator]
    finding = unused_of(text)
    assert finding.message == "there is no finding ZMQ201 to ignore here"
    assert applied(text, finding) == place("ignore[slow-joiner] x")  # type: ignore[operator]


@pytest.mark.parametrize("module", [name for name in BOOKKEEPING if "905" not in name])
def test_samples_of_the_pages(module: str) -> None:
    rule = load(module)
    [bad], [good] = rule.samples("Bad"), rule.samples("Good")
    found = codes(f"version: 1\nname: sample\n{bad}")
    assert rule.code in found
    assert set(found) <= {rule.code, "ZMQ131"}
    assert codes(f"version: 1\nname: sample\n{good}") == []
