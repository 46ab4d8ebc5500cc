"""ZPL (RFC 4): names and values by indentation."""

from __future__ import annotations

import pytest

from orchestrator.importing.comments import plain
from orchestrator.importing.errors import SourceError
from orchestrator.importing.zpl import read_zpl

RFC_4 = """\
#   Set up a queue
# and say how
context
    iothreads = 1
    verbose = 1      #   Ask for a trace

main
    type = zmqqueue
    frontend
        option
            hwm = 1000
            swap = 25000000
        bind = 'tcp://eth0:5555'
        bind = "inproc://#1"
"""


def test_the_example_of_the_rfc_is_read() -> None:
    assert plain(read_zpl(RFC_4, "f")) == {
        "context": {"iothreads": "1", "verbose": "1"},
        "main": {
            "type": "zmqqueue",
            "frontend": {
                "option": {"hwm": "1000", "swap": "25000000"},
                "bind": ["tcp://eth0:5555", "inproc://#1"],
            },
        },
    }


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("a = x # c", "x"),
        ("a='x # c'", "x # c"),
        ('a = "it\'s"', "it's"),
        ('a = "x" # c', "x"),
        ("a = 'open", "'open"),
        ("a =", ""),
        ("a = b = c", "b = c"),
    ],
)
def test_values(line: str, value: str) -> None:
    assert plain(read_zpl(line, "f")) == {"a": value}


def test_lines_may_end_as_on_any_system() -> None:
    assert plain(read_zpl("a = 1\r\nb = 2\n\rc = 3\rd = 4", "f")) == {"a": "1", "b": "2", "c": "3", "d": "4"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\n  b = 1", "f:2: this line is indented by 2 blanks"),
        ("a\n\tb = 1", "f:2: this line is indented with a tab"),
        ("a\n        b = 1", "f:2: this line is indented deeper than one level below the one before"),
        ("a = 1\n    b = 2", "f:2: this stands below a property that has a value"),
        ("a b", "f:1: `=` is expected behind `a`"),
        ("[a]", "f:1: no name can start with `[`"),
        ("a\n    b = 1\na\n    c = 1", "f:3: `a` stands in line 1 already"),
    ],
)
def test_errors_say_where(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        read_zpl(text, "f")
    assert error.value.message == message
    assert error.value.remedy
