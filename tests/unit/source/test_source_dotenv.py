"""`.env` files."""

from __future__ import annotations

import pytest

from orchestrator.source import parse_dotenv


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\nB=two words\n", {"A": "1", "B": "two words"}),
        ("# comment\n\n  A = 1  # tail\n", {"A": "1"}),
        ("A=#x\n", {"A": ""}),
        ("A=x#y\n", {"A": "x#y"}),
        ("export A=1", {"A": "1"}),
        ("A='a # $b \\n'", {"A": "a # $b \\n"}),
        ('A="a\\n\\"b\\"" # c\nB=2', {"A": 'a\n"b"', "B": "2"}),
        ('A="two\nlines"\nB=2', {"A": "two\nlines", "B": "2"}),
        ("A=\nB=", {"A": "", "B": ""}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=a=b", {"A": "a=b"}),
        ("", {}),
    ],
)
def test_values(text: str, values: dict[str, str]) -> None:
    parsed = parse_dotenv(text, ".env")
    assert (parsed.values, parsed.diagnostics) == (values, ())


def test_lines_that_set_nothing_are_found_and_the_rest_is_read() -> None:
    parsed = parse_dotenv('A=1\nwhat is this\nB="open\nC=3\n', ".env")
    assert parsed.values == {"A": "1", "C": "3"}
    assert [(d.code, d.span.line) for d in parsed.diagnostics] == [("ZMQ016", 2), ("ZMQ016", 3)]
