"""Commands: an argument list, or a string that is split as a shell splits it. No shell runs."""

from __future__ import annotations

import re
import shlex
from typing import Final

from orchestrator.model.codes import COMMAND_SYNTAX
from orchestrator.model.parts import Findings
from orchestrator.model.settings import written
from orchestrator.vocabulary import Path

_EXPRESSION: Final = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
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
    if not argv:
        findings.error(COMMAND_SYNTAX, "this command is empty", path, remedy="name the program to start")
    return argv
