"""From what the user names to the files that are checked: files, directories, patterns, standard input."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.errors import UsageError

STDIN_ARGUMENT: Final = "-"
_SUFFIXES: Final = (".yaml", ".yml")
_NOT_ENTERED: Final = frozenset({"node_modules", "__pycache__", "site-packages"})
_PATTERN: Final = re.compile(r"[*?\[]")
_TOP_KEY: Final = re.compile(r"^[\"']?([A-Za-z][\w-]*)[\"']?[ \t]*:(?:[ \t\r]|$)", re.MULTILINE)
_TELLING: Final = frozenset({"nodes", "messages", "endpoints"})
"""Top-level keys that hardly any other kind of YAML file has."""
_OTHERS: Final = frozenset({"version", "name", "description", "include", "defaults"})
"""Top-level keys of ours that other kinds of files have too."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file to check."""

    file: str
    """As the user would name it; `-` for standard input."""
    found: bool = False
    """Whether it was found in a directory or by a pattern, rather than named."""


@dataclass(slots=True)
class Inputs:
    """What the arguments stand for."""

    files: list[Input] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """YAML files that were found and are something else than topologies."""
    directories: set[str] = field(default_factory=set)
    """Where files were looked for."""


def expand(arguments: Sequence[str]) -> Inputs:
    """Every file once, in the order of the arguments; within a directory by name.

    A directory stands for the topologies in it and below, a pattern (`**/*.yaml`) for those that fit.
    Other YAML files are skipped there: a repository is full of them. Raises UsageError when nothing is left.
    """
    inputs, seen = Inputs(), set[str]()
    for argument in arguments:
        if argument == STDIN_ARGUMENT:
            if argument in seen:
                raise UsageError("standard input can be read once only", "name - once")
            named = [Input(argument)]
        elif os.path.isdir(argument):  # noqa: PTH112 - the user's own spelling is kept everywhere here
            named = _found(argument, _walk(argument, inputs.directories), inputs)
        elif _PATTERN.search(argument) and not os.path.lexists(argument):
            named = _found(argument, _fitting(argument, inputs.directories), inputs)
        else:
            named = [Input(argument)]
        for one in named:
            identity = one.file if one.file == STDIN_ARGUMENT else os.path.realpath(one.file)
            if identity not in seen:
                seen.add(identity)
                inputs.files.append(one)
    return inputs


def _found(argument: str, files: Iterator[str], inputs: Inputs) -> list[Input]:
    yaml = list(files)
    topologies = [file for file in yaml if looks_like_topology(file)]
    inputs.skipped.extend(sorted(set(yaml) - set(topologies)))
    if not topologies:
        what = "no topology" if yaml else "no .yaml or .yml file"
        raise UsageError(f"{argument}: there is {what} there", "name a topology file")
    return [Input(file, found=True) for file in topologies]


def _walk(top: str, directories: set[str]) -> Iterator[str]:
    """Every YAML file below `top`. Hidden directories, environments, packages of others are not entered."""
    for directory, below, files in os.walk(top):
        directories.add(directory)
        below[:] = sorted(name for name in below if _is_entered(directory, name))
        for name in sorted(files):
            if name.endswith(_SUFFIXES):
                yield os.path.normpath(os.path.join(directory, name))  # noqa: PTH118


def _is_entered(directory: str, name: str) -> bool:
    if name.startswith(".") or name in _NOT_ENTERED:
        return False
    return not os.path.exists(os.path.join(directory, name, "pyvenv.cfg"))  # noqa: PTH110, PTH118


def _fitting(pattern: str, directories: set[str]) -> Iterator[str]:
    from glob import glob

    fixed = os.path.dirname(pattern[: _PATTERN.search(pattern).start()])  # type: ignore[union-attr] # noqa: PTH120
    list(_walk(fixed or ".", directories))
    for file in sorted(glob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob loses the user's spelling
        if os.path.isfile(file) and file.endswith(_SUFFIXES):  # noqa: PTH113
            yield file


def looks_like_topology(file: str) -> bool:
    """Whether a YAML file that nobody named is meant for us, by its top-level keys.

    One that can't be read is: its error must not get lost.
    """
    try:
        text = Path(file).read_bytes().decode("utf-8", "replace")
    except OSError:
        return True
    keys = set(_TOP_KEY.findall(text))
    return bool(keys & _TELLING) or (bool(keys) and keys <= _OTHERS)


def is_fragment(text: str) -> bool:
    """Whether a topology's text is made to be included only: it does not say its version."""
    return "version" not in _TOP_KEY.findall(text)
