"""A name for a process, from its command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from orchestrator.importing.names import node_name

_INTERPRETER: Final = re.compile(
    r"(python|pypy|perl|ruby|node|nodejs|deno|bun|java|lua|php|sh|bash|dash|zsh)[0-9.]*"
)


def name_of(argv: Sequence[str]) -> str:
    """What a person would call it: the program, or the script or module that an interpreter runs."""
    program = _stem(argv[0].split(" ", 1)[0])
    if _INTERPRETER.fullmatch(program):
        words = list(argv[1:])
        while words:
            word = words.pop(0)
            if word in ("-m", "-jar") and words:
                return node_name(_stem(words[0]).rpartition(".")[2])
            if word in ("-c", "-e"):
                break
            if word in ("-W", "-X", "-cp", "-classpath", "-r") and words:
                words.pop(0)
            elif not word.startswith("-"):
                return node_name(_stem(word))
    return node_name(program)


def _stem(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"\.(py|pyc|js|mjs|rb|pl|sh|jar|php|lua|exe)$", "", name)
