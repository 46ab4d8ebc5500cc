"""A line that a shell was to run, as a command that none runs: where that is the same, and only there."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Final

LONGEST: Final = 131_072
"""Bytes that Linux takes in one argument (MAX_ARG_STRLEN, execve(2))."""
_NEEDS_SHELL: Final = re.compile(r"[$`|&;<>()*?\[\]{}~#!\n\\]")
"""Outside of quotes these mean something to sh (POSIX 2.2, 2.6); within double quotes `$`, backquote and
`\\` do."""
_OPERATOR: Final = re.compile(r"[|&;()`\n{}!#]")
_PARAMETER: Final = re.compile(r"\$\{[A-Za-z0-9_]+(?::?[-?+][^{}]*)?\}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./+-]+")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_WORDS: Final = (
    ". : alias bg break case cd command continue do done echo elif else esac eval exec exit export "
    "false fc fg fi for function getopts hash if in jobs kill let local printf pwd read readonly "
    "return select set shift source test then time times trap true type ulimit umask unalias unset "
    "until wait while "
)
"""Built into some shell, or a word of its grammar."""
_BUILT_IN: Final = frozenset(_WORDS.split())
_PROGRAMS_TOO: Final = frozenset({"echo", "false", "kill", "printf", "pwd", "test", "time", "true"})
_VARIABLE: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")


class TooLongError(ValueError):
    """A line that can't be started."""

    def __init__(self, length: int) -> None:
        super().__init__(f"it has {length:,} characters, and a program takes {LONGEST:,}")


def remedy(problem: ValueError) -> str:
    """What to do about a line that can't be split."""
    if isinstance(problem, TooLongError):
        return "put it into a script, and name that"
    return "close the quote, or put a backslash in front of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The words to start, with what the line set for them."""

    words: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    by_shell: bool = False
    variables: tuple[str, ...] = ()
    """Those that the shell fills in, by name."""


def command_of(line: str) -> Command:
    """The command that does what `sh -c LINE` does.

    Raises ValueError for a quote that is never closed, and for a line that is too long to be started.
    """
    if len(line) > LONGEST:
        raise TooLongError(len(line))
    words = shlex.split(line)
    env: dict[str, str] = {}
    if not _needs_shell(line):
        while words and (found := _ASSIGNMENT.fullmatch(words[0])):
            env[found[1]] = found[2]
            words.pop(0)
        if words and (words[0] not in _BUILT_IN or words[0] in _PROGRAMS_TOO):
            return Command(words=tuple(words), env=env)
        if words[:1] == ["exec"] and len(words) > 1 and not words[1].startswith("-"):
            return Command(words=tuple(words[1:]), env=env)
    found_names = tuple(dict.fromkeys(_VARIABLE.findall(line)))
    return Command(words=("sh", "-c", _replacing_the_shell(line)), by_shell=True, variables=found_names)


def _needs_shell(line: str) -> bool:
    return any(_NEEDS_SHELL.search(part) for part in _unquoted(line)) or bool(
        re.search(r"[$`\\]", "".join(_double_quoted(line)))
    )


def _unquoted(line: str) -> list[str]:
    return re.split(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", line, flags=re.DOTALL)


def _double_quoted(line: str) -> list[str]:
    return [found for found in re.findall(r"'[^']*'|(\"(?:[^\"\\]|\\.)*\")", line, flags=re.DOTALL) if found]


def _replacing_the_shell(line: str) -> str:
    """With `exec` in front of a single command, so that signals reach the program and not its shell."""
    text = line.strip()
    first = text.split(maxsplit=1)[0] if text else ""
    is_single = not _OPERATOR.search(_PARAMETER.sub("", "".join(_unquoted(text))))
    return f"exec {text}" if is_single and _PLAIN.fullmatch(first) and first not in _BUILT_IN else text
