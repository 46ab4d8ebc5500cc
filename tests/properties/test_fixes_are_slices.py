"""Whatever fixes are applied: the text that comes of it is what slicing gives, and no two of them overlap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.diagnostics import Diagnostic, Edit, Fix, Severity
from orchestrator.diagnostics.fixing import apply
from orchestrator.source.lines import position
from orchestrator.span import Span

TEXT = st.text("ab: \t\n\x85\u2028ä𐐀#", max_size=30)
"""Without \\r: no span points between \\r and \\n, while a random index may."""


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[tuple[tuple[tuple[int, int, str], ...], bool]]]:
    text = draw(TEXT)
    index = st.integers(0, len(text))
    edit = st.tuples(index, index, st.text("xy\n", max_size=3)).map(lambda e: (min(e[:2]), max(e[:2]), e[2]))
    fix = st.tuples(st.lists(edit, min_size=1, max_size=3).map(tuple), st.booleans())
    return text, draw(st.lists(fix, max_size=8))


def finding(text: str, number: int, edits: tuple[tuple[int, int, str], ...], *, safe: bool) -> Diagnostic:
    made = tuple(
        Edit(Span("f", *position(text, start), *position(text, end)), new) for start, end, new in edits
    )
    return Diagnostic(
        code=f"ZMQ{number:03}",
        severity=Severity.ERROR,
        message="",
        span=Span("f", 1, 1, 1, 1),
        fix=Fix(title="", edits=made, safe=safe),
    )


def together(one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether two edits share a character, stand in one another, or insert at one place."""
    if set(range(*one[:2])) & set(range(*other[:2])) or (one[0] == one[1] and one[:2] == other[:2]):
        return True
    return any(a[0] == a[1] and b[0] < a[0] < b[1] for a, b in ((one, other), (other, one)))


@given(cases())
def test_it_is_slicing(case: tuple[str, list[tuple[tuple[tuple[int, int, str], ...], bool]]]) -> None:
    text, fixes = case
    findings = [finding(text, n, edits, safe=safe) for n, (edits, safe) in enumerate(fixes)]
    result = apply({"f": text}, findings)

    chosen = {frozenset(fixes[int(f.code[3:])][0]): fixes[int(f.code[3:])][0] for f in result.done}
    made = sorted(edit for edits in chosen.values() for edit in edits)
    assert not any(together(one, other) for n, one in enumerate(made) for other in made[:n])

    expected = text
    for start, end, new in reversed(made):
        expected = expected[:start] + new + expected[end:]
    assert result.texts.get("f", text) == expected

    told = [*result.done, *result.waiting, *result.impossible]
    assert sorted(f.code for f in told) == sorted(f.code for f in findings)
    for left in result.waiting:  # not left out without need
        assert any(together(one, other) for one in fixes[int(left.code[3:])][0] for other in made)
