"""Commands: an argument list, or a string that is split as a shell splits it. No shell runs."""

from __future__ import annotations

import re
import shlex
from typing import Final

from orchestrator.model.codes import COMMAND_SYNTAX, SHELL_SYNTAX
from orchestrator.model.parts import Findings
from orchestrator.model.settings import written
from orchestrator.vocabulary import Path

_EXPRESSION: Final = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
_SHELL_WORD: Final = re.compile(r"&&|\|\||[|;&]|&>.*|[0-9]?>>?.*|<<?.*|[^\\]*;")
_SHELL_VALUE: Final = re.compile(r"[^'\\]*(`|\$\(|\$[A-Za-z_])[^']*")
_BLANK: Final = "\ue000"
"""Stands in for the blanks within `${{ … }}` while a string is split: a private-use character."""


def split_command(value: str | list[str | int | float], path: Path, findings: Findings) -> tuple[str, ...]:
    """The argument list, numbers as they are written. Empty after a finding."""
    if not isinstance(value, str):
        items = enumerate(value)
        return tuple(v if isinstance(v, str) else written(v, (*path, i), findings) for i, v in items)
    guarded = _EXPRESSION.sub(lambda match: re.sub(r"\s", _BLANK, match.group()), value)
    try:
        argv = tuple(word.replace(_BLANK, " ") for word in shlex.split(guarded))
    except ValueError as problem:
        what = "a quote is never closed" if "quotation" in str(problem) else "it ends in a backslash"
        remedy = "close it, or write the command as a list of arguments"
        findings.error(COMMAND_SYNTAX, f"this command can't be split: {what}", path, remedy=remedy)
        return ()
    _tell_shell_syntax(guarded, path, findings)
    if not argv:
        findings.error(COMMAND_SYNTAX, "this command is empty", path, remedy="name the program to start")
    return argv


def _tell_shell_syntax(command: str, path: Path, findings: Findings) -> None:
    """Warn of the first word that a shell would not pass on as it stands. Quoted words are meant so."""
    splitter = shlex.shlex(command, posix=False)
    splitter.whitespace_split = True
    splitter.commenters = ""
    try:
        words = list(splitter)
    except ValueError:  # quotes within words, which only the other way of splitting understands
        return
    for index, word in enumerate(words):
        problem = _problem(word, first=index == 0 and len(words) > 1)
        if problem is not None:
            message, remedy = problem
            findings.warning(SHELL_SYNTAX, message, path, remedy=remedy)
            return


def _problem(word: str, *, first: bool) -> tuple[str, str] | None:
    if word[0] in "'\"":
        return None
    if first and _ASSIGNMENT.fullmatch(word):
        name, _, value = word.partition("=")
        return f"no shell runs: `{word}` is taken for the program", f"write `env: {{{name}: {value}}}`"
    sh = 'write `[sh, -c, "…"]` if a shell is meant; in quotes it is passed as it stands'
    if _SHELL_WORD.fullmatch(word):
        return f"no shell runs: `{word}` is passed to the program as an argument", sh
    if _SHELL_VALUE.fullmatch(word) and "${" not in word:
        return f"no shell runs: `{word}` is passed to the program as it stands", _value_remedy(word)
    return None


def _value_remedy(word: str) -> str:
    name = re.search(r"\$([A-Za-z_][A-Za-z0-9_]*)", word)
    if name is not None:
        return f"write `${{{name.group(1)}}}`, or put it in quotes to pass it as it stands"
    return 'write `[sh, -c, "…"]` if a shell is meant; in quotes it is passed as it stands'
