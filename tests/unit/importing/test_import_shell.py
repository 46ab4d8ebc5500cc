"""A shell's line as a command without a shell: only where that does the same."""

from __future__ import annotations

import pytest

from orchestrator.importing.shell import command_of


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("python worker.py", ("python", "worker.py")),
        ('python -c "print(1)"', ("python", "-c", "print(1)")),
        ("echo 'a $b'", ("echo", "a $b")),
        ("exec ./serve --fast", ("./serve", "--fast")),
    ],
)
def test_plain_words_need_no_shell(line: str, words: tuple[str, ...]) -> None:
    assert command_of(line).words == words
    assert not command_of(line).by_shell


def test_assignments_in_front_become_the_environment() -> None:
    found = command_of("A=1 B='two words' ./run x")
    assert (found.words, found.env) == (("./run", "x"), {"A": "1", "B": "two words"})


@pytest.mark.parametrize(
    ("line", "script"),
    [
        ("serve -p $PORT", "exec serve -p $PORT"),
        ("serve -p ${PORT:-5000}", "exec serve -p ${PORT:-5000}"),
        ("serve *.txt", "exec serve *.txt"),
        ("a && b", "a && b"),
        ("a | b", "a | b"),
        ("cd src && ./run", "cd src && ./run"),
        ("A=$B ./run", "A=$B ./run"),
        ('serve "$HOME/x"', 'exec serve "$HOME/x"'),
        ("sleep 5 > /dev/null", "exec sleep 5 > /dev/null"),
        ("source env.sh", "source env.sh"),
        ("for i in 1 2; do x; done", "for i in 1 2; do x; done"),
    ],
)
def test_what_only_a_shell_does_is_left_to_it(line: str, script: str) -> None:
    assert command_of(line).words == ("sh", "-c", script)


def test_the_variables_of_a_line_are_named_once() -> None:
    assert command_of("x $PORT ${HOST:-h} $PORT").variables == ("PORT", "HOST")


def test_an_open_quote_is_an_error() -> None:
    with pytest.raises(ValueError, match="quotation"):
        command_of("echo 'x")


def test_a_line_that_is_too_long_to_be_started_is_an_error() -> None:
    with pytest.raises(ValueError, match="131,073 characters, and a program takes 131,072"):
        command_of("x" * 131_073)
