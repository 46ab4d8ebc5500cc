"""`${VAR}` in its five forms, its escape, and its mistakes."""

from __future__ import annotations

import pytest

from orchestrator.source.variables import substitute

VARIABLES = {"HOST": "example", "EMPTY": "", "PORT": "80"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${HOST}", "example"),
        ("a${HOST}b${PORT}", "aexampleb80"),
        ("${EMPTY}", ""),
        ("${NONE:-x}", "x"),
        ("${NONE-x}", "x"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY-x}", ""),
        ("${HOST:-x}", "example"),
        ("${NONE:-}", ""),
        ("${NONE:-${HOST}:${PORT}}", "example:80"),
        ("${NONE:-${ALSO_NONE:-deep}}", "deep"),
        ("${HOST:?must be set}", "example"),
        ("${EMPTY?must be set}", ""),
        ("$${HOST}", "${HOST}"),
        ("$HOST $$ $", "$HOST $$ $"),
        ("${{ run.dir }}", "${{ run.dir }}"),
        ("${{ sockets.a.address }}:${PORT}", "${{ sockets.a.address }}:80"),
        ("$${{ literal }}", "$${{ literal }}"),
        ("${HOST:-a}b}", "exampleb}"),
    ],
)
def test_substitution(text: str, result: str) -> None:
    replaced = substitute(text, VARIABLES)
    assert (replaced.text, replaced.errors) == (result, ())


@pytest.mark.parametrize(
    ("text", "undefined", "stretch", "words"),
    [
        ("x${NONE}y", True, "${NONE}", "`NONE` is not set"),
        ("${EMPTY:?give me a value}", True, "${EMPTY:?give me a value}", "give me a value"),
        ("${NONE?}", True, "${NONE?}", "`NONE` is not set"),
        ("a ${HOST", False, "${HOST", "never closed"),
        ("${}", False, "${}", "names no variable"),
        ("${1A}", False, "${1A}", "names no variable"),
        ("${HOST!x}", False, "${HOST!x}", "no operator"),
        ("${NONE:-${ALSO}}", True, "${ALSO}", "`ALSO` is not set"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, undefined: bool, stretch: str, words: str) -> None:
    (problem,) = substitute(text, VARIABLES).errors
    assert problem.undefined is undefined
    assert text[problem.start : problem.end] == stretch
    assert words in problem.message


def test_all_mistakes_of_a_text_are_told() -> None:
    assert len(substitute("${A} ${B} ${1}", {}).errors) == 3
