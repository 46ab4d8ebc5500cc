"""Fixes put into texts: exact places, none on top of another."""

from __future__ import annotations

import pytest

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.diagnostics.fixing import Applied, apply, is_wanted
from orchestrator.span import Span

FILE = "a.yaml"
Place = tuple[int, int, int, int]


def finding(
    *edits: tuple[Place, str], safe: bool = True, file: str = FILE, code: str = "ZMQ001"
) -> Diagnostic:
    made = tuple(Edit(Span(file, *place), text) for place, text in edits)
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message="wrong",
        span=Span(file, 1, 1, 1, 2),
        fix=Fix(title="Mend it", edits=made, safe=safe),
    )


def applied(text: str, *findings: Diagnostic) -> tuple[str, Applied]:
    result = apply({FILE: text}, findings)
    return result.texts.get(FILE, text), result


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        ("a: b\nc: d\n", (2, 4, 2, 5), "a: b\nc: X\n"),
        ("a: b\r\nc: d\r\n", (2, 4, 2, 5), "a: b\r\nc: X\r\n"),
        ("a: b\r\nc: d", (1, 4, 1, 5), "a: X\r\nc: d"),
        ("# ä𐐀b\x85c: d\u2028e: f", (3, 4, 3, 5), "# ä𐐀b\x85c: d\u2028e: X"),
        ("ä𐐀: d", (1, 5, 1, 6), "ä𐐀: X"),
        ("a:\td\t# t", (1, 4, 1, 5), "a:\tX\t# t"),
        ("a: b", (1, 5, 1, 5), "a: bX"),
        ("", (1, 1, 1, 1), "X"),
        ("a\nb\nc\n", (2, 1, 3, 1), "a\nXc\n"),
        ("a\nb", (2, 1, 3, 1), "a\nX"),
        ("a\rb\rc", (2, 1, 2, 2), "a\rX\rc"),
    ],
)
def test_a_fix_changes_its_place_and_nothing_else(before: str, place: Place, after: str) -> None:
    assert applied(before, finding((place, "X")))[0] == after


@pytest.mark.parametrize(
    "place",
    [(1, 1, 1, 4), (1, 4, 1, 4), (3, 1, 3, 1), (1, 0, 1, 1), (0, 1, 1, 1), (2, 2, 2, 1), (2, 1, 3, 2)],
    ids=[
        "past the line",
        "within a break",
        "past the text",
        "column 0",
        "line 0",
        "backwards",
        "past the end",
    ],
)
def test_a_place_that_is_not_there_is_not_edited(place: Place) -> None:
    text, result = (
        applied("ab\r\nc\x85", finding((place, "X")))
        if place[0] != 3
        else applied("ab", finding((place, "X")))
    )
    assert result.texts == {}
    assert len(result.impossible) == 1
    assert text in ("ab", "ab\r\nc\x85")


def test_the_edits_of_a_fix_are_made_together_or_not_at_all() -> None:
    both = finding(((1, 1, 1, 2), "A"), ((1, 3, 1, 4), "C"))
    assert applied("abc", both)[0] == "AbC"
    half = finding(((1, 1, 1, 2), "A"), ((9, 1, 9, 2), "C"))
    assert applied("abc", half)[1].impossible == (half,)
    elsewhere = Fix(
        title="x", edits=(Edit(Span(FILE, 1, 1, 1, 2), "A"), Edit(Span("b.yaml", 1, 1, 1, 2), "B")), safe=True
    )
    odd = Diagnostic(
        code="ZMQ001", severity=Severity.NOTE, message="", span=Span(FILE, 1, 1, 1, 1), fix=elsewhere
    )
    assert apply({FILE: "abc"}, [odd]).texts == {}
    assert apply({FILE: "abc", "b.yaml": "xyz"}, [odd]).texts == {FILE: "Abc", "b.yaml": "Byz"}


def test_of_overlapping_fixes_the_first_is_applied_and_the_others_wait() -> None:
    first, second, third = (finding(((1, at, 1, at + 2), str(at))) for at in (1, 2, 3))
    text, result = applied("abcdef", third, second, first)
    assert text == "13ef"
    assert result.done == (first, third)
    assert result.waiting == (second,)


def test_a_safe_fix_goes_before_an_unsafe_one() -> None:
    unsafe, safe = finding(((1, 1, 1, 3), "u"), safe=False), finding(((1, 2, 1, 4), "s"))
    text, result = applied("abcd", unsafe, safe)
    assert text == "asd"
    assert result.waiting == (unsafe,)


def test_two_insertions_at_one_place_are_not_made_together() -> None:
    one, other = finding(((1, 2, 1, 2), "x")), finding(((1, 2, 1, 2), "y"))
    text, result = applied("ab", one, other)
    assert text == "axb"
    assert result.waiting == (other,)


def test_edits_that_only_touch_go_together() -> None:
    parts = (((1, 1, 1, 2), "A"), ((1, 2, 1, 2), "+"), ((1, 2, 1, 3), "B"))
    text, result = applied("abc", *(finding(part) for part in parts))
    assert text == "A+Bc"
    assert result.waiting == ()


def test_findings_that_propose_the_same_edits_are_all_ended_by_making_them_once() -> None:
    one, other = finding(((1, 2, 1, 2), "x")), finding(((1, 2, 1, 2), "x"), code="ZMQ002")
    text, result = applied("ab", one, other)
    assert text == "axb"
    assert result.done == (one, other)


def test_a_fix_whose_edits_overlap_is_not_applied() -> None:
    broken = finding(((1, 1, 1, 3), "x"), ((1, 2, 1, 4), "y"))
    text, result = applied("abcd", broken)
    assert text == "abcd"
    assert result.impossible == (broken,)


def test_unsafe_fixes_are_wanted_only_when_asked_for() -> None:
    safe, unsafe = finding(((1, 1, 1, 1), "")), finding(((1, 1, 1, 1), ""), safe=False)
    assert is_wanted(safe, unsafe=False)
    assert not is_wanted(unsafe, unsafe=False)
    assert is_wanted(unsafe, unsafe=True)
    none = Diagnostic(code="ZMQ001", severity=Severity.NOTE, message="", span=safe.span)
    assert not is_wanted(none, unsafe=True)
