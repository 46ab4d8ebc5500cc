"""Findings as people read them, to the letter: carets stand under what is meant, whatever its characters."""

from __future__ import annotations

from textwrap import dedent

import pytest

from orchestrator.diagnostics import Diagnostic, Related, Severity, has_errors, in_order
from orchestrator.diagnostics.text import TextFormat, summary
from orchestrator.span import Span


def span(
    line: int, column: int, end_column: int, *, file: str = "a.yaml", end_line: int | None = None
) -> Span:
    return Span(file=file, line=line, column=column, end_line=end_line or line, end_column=end_column)


def finding(at: Span, **more: object) -> Diagnostic:
    fields = {"code": "ZMQ999", "severity": Severity.ERROR, "message": "it is wrong", "span": at, **more}
    return Diagnostic(**fields)  # type: ignore[arg-type]


def shown(text: str, found: Diagnostic, **more: str) -> str:
    return TextFormat({"a.yaml": text, **more}).finding(found)


def expect(block: str) -> str:
    return dedent(block).strip("\n")


def test_a_finding_with_help_in_two_lines() -> None:
    text = "version: 1\nname: x\nnodez: {}\n"
    assert shown(text, finding(span(3, 1, 6), help="write `nodes`\nor x-nodez")) == expect("""
        error[ZMQ999]: it is wrong
         --> a.yaml:3:1
          |
        3 | nodez: {}
          | ^^^^^
          = help: write `nodes`
                  or x-nodez
    """)


def test_both_ends_of_a_link_share_one_gutter() -> None:
    text = "\n" * 6 + "  bind: tcp://x\n" + "\n" * 3 + "  connect: a.b\n"
    found = finding(span(11, 12, 15), related=(Related("`a.b` binds here", span(7, 9, 16)),))
    assert shown(text, found) == expect("""
        error[ZMQ999]: it is wrong
          --> a.yaml:11:12
           |
        11 |   connect: a.b
           |            ^^^
          ::: a.yaml:7:9
           |
         7 |   bind: tcp://x
           |         ------- `a.b` binds here
    """)


@pytest.mark.parametrize(
    ("source", "start", "end", "mark"),
    [
        ("名前: 値段", 5, 7, "      ^^^^"),
        ("cafe\u0301: wrong", 8, 13, "      ^^^^^"),
        ("\tkey: wrong", 7, 12, "         ^^^^^"),
        ("ｆｕｌｌ: x", 7, 8, "          ^"),
    ],
    ids=["wide", "combining", "tab", "full width"],
)
def test_carets_count_columns_of_the_terminal(source: str, start: int, end: int, mark: str) -> None:
    assert shown(source, finding(span(1, start, end))).splitlines()[-1] == f"  | {mark}"


def test_tabs_are_shown_as_wide_as_they_are_counted() -> None:
    assert shown("\ta: 1", finding(span(1, 2, 3))).splitlines()[-2] == "1 |     a: 1"


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\u202e", "\u2066"])
def test_a_file_can_neither_steer_the_terminal_nor_look_like_another(character: str) -> None:
    at = span(1, 5, 6)
    found = finding(at, message=f"`{character}`", help=f"`{character}`", related=(Related(character, at),))
    text = shown(f"a: {character}b", found)
    assert character not in text
    assert text.count("\N{REPLACEMENT CHARACTER}") == 5
    assert text.splitlines()[4] == "  |     ^"


def test_a_span_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    lines = shown("a: [1,\n 2]\n", finding(span(1, 4, 4, end_line=2))).splitlines()
    assert lines[-1] == "  |    ^^^"


def test_nothing_to_mark_is_one_caret() -> None:
    assert shown("a:\n", finding(span(1, 3, 3))).splitlines()[-1] == "  |   ^"


def test_a_place_behind_the_last_line() -> None:
    assert shown("a: 1\n", finding(span(7, 1, 1))).splitlines()[1] == " --> a.yaml:7:1"


def test_a_file_that_could_not_be_read_has_no_excerpt() -> None:
    at = span(1, 1, 1, file="gone.yaml")
    assert shown("", finding(at, help="look again")) == expect("""
        error[ZMQ999]: it is wrong
         --> gone.yaml:1:1
          = help: look again
    """)


def test_a_related_place_in_another_file() -> None:
    found = finding(span(1, 1, 2), related=(Related("first here", span(1, 1, 2, file="b.yaml")),))
    assert shown("a: 1", found, **{"b.yaml": "a: 2"}).splitlines()[-4:] == [
        " ::: b.yaml:1:1",
        "  |",
        "1 | a: 2",
        "  | - first here",
    ]


def test_colour_only_when_wanted_and_closed_again() -> None:
    found = finding(span(1, 1, 2), help="do this")
    coloured = TextFormat({"a.yaml": "a: 1"}, colour=True).finding(found)
    assert coloured.startswith("\x1b[1;31merror[ZMQ999]\x1b[0m")
    assert coloured.count("\x1b[0m") * 2 == coloured.count("\x1b[")
    assert "\x1b" not in TextFormat({"a.yaml": "a: 1"}).finding(found)


@pytest.mark.parametrize(
    ("severities", "files", "text"),
    [
        ([], 1, ""),
        (["error"], 1, "Found 1 error in 1 file."),
        (["error", "error", "warning"], 3, "Found 2 errors and 1 warning in 3 files."),
        (["error", "warning", "note"], 2, "Found 1 error, 1 warning, 1 note in 2 files."),
    ],
)
def test_summary(severities: list[str], files: int, text: str) -> None:
    assert summary([finding(span(1, 1, 1), severity=Severity(s)) for s in severities], files) == text


def test_order_is_by_place_and_repetitions_are_dropped() -> None:
    first, second = finding(span(1, 1, 2)), finding(span(2, 1, 2))
    assert in_order([second, first, second]) == (first, second)


def test_only_errors_are_errors() -> None:
    assert not has_errors([finding(span(1, 1, 1), severity=Severity.WARNING)])
    assert has_errors([finding(span(1, 1, 1))])


def test_of_a_very_long_line_only_the_part_around_the_place_is_shown() -> None:
    line = "x" * 5000 + " bad " + "y" * 5000
    shown = TextFormat({"t.yaml": line}).finding(
        Diagnostic(
            code="ZMQ001",
            severity=Severity.ERROR,
            message="m",
            span=Span("t.yaml", 1, 5002, 1, 5005),
        )
    )
    excerpt, mark = shown.splitlines()[3:5]
    assert len(excerpt) < 170
    assert excerpt.startswith("1 | …xxx")
    assert excerpt.endswith("yyy…")
    assert excerpt[mark.index("^") : mark.rindex("^") + 1] == "bad"


def test_a_place_that_covers_a_very_long_line_is_marked_as_far_as_it_is_shown() -> None:
    shown = TextFormat({"t.yaml": "z" * 9000}).finding(
        Diagnostic(code="ZMQ001", severity=Severity.ERROR, message="m", span=Span("t.yaml", 1, 1, 1, 9001))
    )
    excerpt, mark = shown.splitlines()[3:5]
    assert excerpt.endswith("z…")
    assert len(mark) == len(excerpt)


def test_a_line_that_is_a_little_long_is_shown_whole() -> None:
    shown = TextFormat({"t.yaml": "z" * 159}).finding(
        Diagnostic(code="ZMQ001", severity=Severity.ERROR, message="m", span=Span("t.yaml", 1, 1, 1, 5))
    )
    assert "z" * 159 in shown


def test_the_lines_of_a_file_are_told_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def split(text: str) -> list[str]:
        asked.append(text)
        return text.split("\n")

    monkeypatch.setattr("orchestrator.diagnostics.text.split_lines", split)
    shown = TextFormat({"a.yaml": "a: 1\nb: 2"})
    shown.findings([finding(span(1, 1, 2)), finding(span(2, 1, 2))])
    assert asked == ["a: 1\nb: 2"]
