"""YAML text made of plain data, and the variables that a text takes."""

from __future__ import annotations

import pytest

from orchestrator.source import to_yaml, variable_uses
from orchestrator.source.onefile import read_one
from orchestrator.source.variables import escaped, references, substitute


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "010",
        "0o14",
        "1e3",
        "1_000",
        "22:22",
        "",
        " a ",
        "#x",
        "a: b",
        "- a",
        "*x",
        "&x",
        "!x",
        "${X}",
        "$${X}",
        "${{ a }}",
        "$${{ a }}",
        "a\n b\n",
        "\n\n",
        "\x85",
        "~",
        "=",
        "<<",
        "2020-01-01",
        "'\"",
    ],
)
def test_a_text_is_read_back_as_it_was(text: str) -> None:
    written = to_yaml({"key": text, "list": [text], "mapping": {"inner": text}})
    read = read_one("x.yaml", written, {})
    assert read.diagnostics == ()
    assert read.data == {"key": text, "list": [text], "mapping": {"inner": text}}


@pytest.mark.parametrize("text", ["a\n\n", "\n", " \n", "a\n", "a"])
def test_an_entry_can_stand_above_others(text: str) -> None:
    both = to_yaml({"key": text}) + "\n" + to_yaml({"next": 1})
    read = read_one("x.yaml", both, {})
    assert read.diagnostics == ()
    assert read.data == {"key": text, "next": 1}


def test_it_is_pleasant_to_read() -> None:
    data = {"name": "a", "topics": ["A", "10", 3, True, None], "none": {}, "deep": {"list": [{"a": 1}]}}
    assert to_yaml(data) == (
        'name: a\ntopics: [A, "10", 3, true, null]\nnone: {}\ndeep:\n  list:\n  - a: 1\n'
    )


@pytest.mark.parametrize(
    "text", ["a", "${A}", "$${A}", "$$${A}", "${{ a }} ${B}", "${{ open ${B}", "$${{ a }}"]
)
def test_what_is_escaped_is_not_replaced(text: str) -> None:
    assert substitute(escaped(text), {"A": "no", "B": "no"}).text == text


def test_references_with_their_defaults() -> None:
    found = [
        (r.name, r.default, r.message, r.nested)
        for r in references("${A} ${B:-x${C-y}} ${D:?say} ${E?} $${F} ${{ g }} ${1} ${H!} ${I")
    ]
    assert found == [
        ("A", None, None, False),
        ("B", "x${C-y}", None, False),
        ("C", "y", None, True),
        ("D", None, "say", False),
        ("E", None, "", False),
    ]


def test_uses_have_places_and_come_once_behind_an_alias() -> None:
    text = 'a: &x\n  - "p ${ONE}"\nb: *x\nc: ${TWO:-${ONE}}\n'
    uses = variable_uses({"t.yaml": text, ".env": "A=${NOT}", "broken.yaml": "a: [${B}"})
    assert [(u.reference.name, str(u.span)) for u in uses] == [
        ("ONE", "t.yaml:2:8"),
        ("TWO", "t.yaml:4:4"),
        ("ONE", "t.yaml:4:11"),
    ]
