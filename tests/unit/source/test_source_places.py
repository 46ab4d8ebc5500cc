"""Where values stand."""

from __future__ import annotations

import pytest

from orchestrator.source import KEY, Document, read_document
from orchestrator.span import Span
from orchestrator.vocabulary import Path

TEXT = """\
name: é t # comment
nodes:
  feed:
    list: [a, "b c", {d: e}]
    block: |
      one
      two

  # a comment
  last:
    items:
    - x
    - y: z
alias: &a
  k: v
again: *a
empty:
"""


@pytest.fixture(scope="module")
def document() -> Document:
    found = read_document("t.yaml", text=TEXT, environ={}).document
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (1, 7, 1, 10)),
        (("name", KEY), (1, 1, 1, 5)),
        (("nodes", "feed", KEY), (3, 3, 3, 7)),
        (("nodes", "feed", "list"), (4, 11, 4, 29)),
        (("nodes", "feed", "list", 1), (4, 15, 4, 20)),
        (("nodes", "feed", "list", 2, "d"), (4, 26, 4, 27)),
        (("nodes", "feed", "block"), (5, 12, 7, 10)),
        (("nodes", "feed"), (4, 5, 7, 10)),
        (("nodes", "last"), (11, 5, 13, 11)),
        (("nodes", "last", "items", 1, "y"), (13, 10, 13, 11)),
        (("again", "k"), (15, 6, 15, 7)),
        (("empty", KEY), (17, 1, 17, 6)),
    ],
)
def test_every_value_and_key_has_its_place(
    document: Document, path: Path, place: tuple[int, int, int, int]
) -> None:
    assert document.place(path) == Span("t.yaml", *place)


@pytest.mark.parametrize(
    ("path", "parent"),
    [
        (("nodes", "feed", "nothing"), ("nodes", "feed")),
        (("nodes", "feed", "list", 9), ("nodes", "feed", "list")),
        (("nodes", "feed", "nothing", "deeper", KEY), ("nodes", "feed")),
        (("name", "x", 1), ("name",)),
        (("nothing", KEY), ()),
    ],
)
def test_an_unknown_path_falls_back_to_its_nearest_parent(
    document: Document, path: Path, parent: Path
) -> None:
    assert document.place(path) == document.place(parent)


@pytest.mark.parametrize(
    ("text", "needle", "place"),
    [
        ("a: x ${{ b }} y", "${{ b }}", (1, 6, 1, 14)),
        ("a: 'it''s ${{ b }}'", "${{ b }}", (1, 11, 1, 19)),
        ('a: "\\t${{ b }}"', "${{ b }}", (1, 7, 1, 15)),
        ("a: >\n  one\n  two ${{ b }}\n", "${{ b }}", (3, 7, 3, 15)),
        ("a: one\n  two ${{ b }}\n", "${{ b }}", (2, 7, 2, 15)),
        ('a: "\\x61\\x61"', "aa", (1, 4, 1, 14)),
    ],
)
def test_a_stretch_within_a_scalar_has_its_place(
    text: str, needle: str, place: tuple[int, int, int, int]
) -> None:
    document = read_document("t.yaml", text=text, environ={}).document
    assert document is not None
    assert isinstance(document.data, dict)
    value = document.data["a"]
    assert isinstance(value, str)
    start = value.index(needle)
    assert document.inside(("a",), value, start, start + len(needle)) == Span("t.yaml", *place)


def test_the_second_of_two_equal_stretches_is_found() -> None:
    document = read_document("t.yaml", text="a: '${X} ${X}'", environ={}).diagnostics
    assert [d.span.column for d in document] == [5, 10]


def test_a_number_can_be_had_as_it_is_written() -> None:
    document = read_document("t.yaml", text="a: 1.10\nb: 010\nc: [1]\nd: ${N}", environ={"N": "1"}).document
    assert document is not None
    assert [document.written((key,)) for key in "abcde"] == ["1.10", "010", None, None, None]
