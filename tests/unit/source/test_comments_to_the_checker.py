"""Comments that begin with `# orchestrator:` are found where YAML has a comment, and nowhere else."""

from __future__ import annotations

import pytest

from orchestrator.source.comments import find_comments


def found(text: str) -> list[tuple[str, int | None]]:
    return [(comment.text, comment.line) for comment in find_comments("t.yaml", text)]


def test_a_comment_at_the_end_of_a_line_speaks_of_that_line() -> None:
    assert found("a: 1\nb: 2  # orchestrator: x y  \nc: 3\n") == [("x y", 2)]


def test_a_comment_alone_speaks_of_the_next_line_that_holds_anything() -> None:
    assert found("# orchestrator: x\n\n  # other\nb: 2\n") == [("x", 4)]
    assert found("a: 1\n# orchestrator: x\n# orchestrator: y\nb: 2\n") == [("x", 4), ("y", 4)]
    assert found("a: 1\n# orchestrator: x\n") == [("x", None)]


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  # orchestrator: x\n",
        "a: >-\n  text\n\n  # orchestrator: x\n",
        "a: 'q\n  # orchestrator: x\n  z'\n",
        'a: "# orchestrator: x"\n',
        "a: '# orchestrator: x'\n",
        "a#orchestrator: x\n",
        "a: b#orchestrator: x\n",
        "# orchestrators: x\n",
        "# see orchestrator: x\n",
        "a: 'x\n# orchestrator: x\n",
    ],
)
def test_what_is_no_comment_or_none_to_the_checker(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: |\n  text\n# orchestrator: x\nb: 1\n", 4),
        ("a: plain\n  more # orchestrator: x\n", 2),
        ("a: {b: 1, # orchestrator: x\n  c: 2}\n", 1),
        ("a: 'it''s' # orchestrator: x\n", 1),
        ("a: 1 #orchestrator:x\n", 1),
        ("a: 1\r\nb: 2 # orchestrator: x\r\n", 2),
        ("a: |  # orchestrator: x\n  text\n", 1),
    ],
)
def test_comments_in_odd_places(text: str, line: int) -> None:
    assert found(text) == [("x", line)]


def test_places_count_code_points() -> None:
    [comment] = find_comments("t.yaml", "ä: 'ö𐐀'  # orchestrator:  xy \n")
    assert (comment.span.line, comment.span.column, comment.span.end_column) == (1, 10, 30)
    assert (comment.column, comment.before, comment.alone) == (27, 8, False)


def test_the_last_comment_mark_of_a_line_counts() -> None:
    assert found("a: 1  # orchestrator: x # orchestrator: y\n") == [("x # orchestrator: y", 1)]
