"""Files to drafts: the source is read here, with what stands beside it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from orchestrator.errors import OrchestratorError
from orchestrator.importing.compose import read_compose
from orchestrator.importing.compose_paths import rebased
from orchestrator.importing.draft import Draft
from orchestrator.importing.errors import SourceError
from orchestrator.importing.formats import Format, recognise
from orchestrator.importing.jsontext import read_json
from orchestrator.importing.procfile import PORT, Beside, read_procfile
from orchestrator.importing.zdcf import read_zdcf
from orchestrator.importing.zpl import read_zpl
from orchestrator.source.dotenv import parse_dotenv
from orchestrator.source.files import FileText, decode, read_text

STDIN_ARGUMENT: Final = "-"
STDIN: Final = "<stdin>"


def read_source(file: str, directory: str, wanted: Format | None = None) -> Draft:
    """The draft of a file; `-` is standard input, which counts as standing in the current directory.

    `directory`: where the topology file is to be. `wanted`: the format, where it is not to be recognised.
    Raises OrchestratorError for what can't be read, or is wrong.
    """
    is_input = file == STDIN_ARGUMENT
    if os.path.isdir(file):  # noqa: PTH112
        raise OrchestratorError(f"{file} is a directory", "name the file in it: compose.yaml, Procfile, …")
    name = STDIN if is_input else file
    text = _checked(decode(sys.stdin.buffer.read(), name) if is_input else read_text(file))
    is_passing = is_input or not os.path.isfile(file)  # noqa: PTH113 - a pipe of the shell stands nowhere
    home = "." if is_passing else os.path.dirname(file) or "."  # noqa: PTH120 - the user's own spelling
    base = _way(directory, home)
    word = Path(home).resolve().name
    match wanted or recognise(text, name):
        case Format.COMPOSE:
            draft = read_compose(text, name, word, base=base, other=lambda path: _other(home, path))
            return draft if is_passing else replace(draft, hints=tuple(_hints(file, text, base)))
        case Format.PROCFILE:
            return read_procfile(text, name, word, cwd=base or None, beside=_beside(home, base))
        case Format.ZDCF:
            root = read_json(text, name) if text.lstrip()[:1] == "{" else read_zpl(text, name)
            return read_zdcf(root, name, word if is_passing else Path(file).stem)


def _way(directory: str, home: str) -> str:
    """From the topology's directory to the source's; empty where they are one."""
    try:
        way = os.path.relpath(os.path.realpath(home), os.path.realpath(directory))
    except ValueError:  # another drive of Windows
        return Path(home).resolve().as_posix()
    return "" if way == "." else Path(way).as_posix()


def _other(home: str, path: str) -> tuple[str, str] | None:
    """A file that the source names, by its path from there."""
    file = os.path.normpath(os.path.join(home, path))  # noqa: PTH118 - as the user would name it
    return (file, _checked(read_text(file))) if os.path.isfile(file) else None  # noqa: PTH113


def _hints(file: str, text: str, base: str) -> Iterator[str]:
    """What docker compose reads beside its file without being told to."""
    stem, _ = os.path.splitext(os.path.basename(file))  # noqa: PTH119, PTH122 - of a path as the user wrote it
    home = os.path.dirname(file)  # noqa: PTH120
    for suffix in (".yaml", ".yml") if stem in ("compose", "docker-compose") else ():
        override = f"{stem}.override{suffix}"
        if os.path.isfile(os.path.join(home, override)):  # noqa: PTH113, PTH118
            yield (
                f"docker compose merges {override} into it, which is not read here: import what "
                "`docker compose config` writes."
            )
    if base and "$" in text and os.path.isfile(os.path.join(home, ".env")):  # noqa: PTH113, PTH118
        yield f"Its variables may come from {rebased('.env', base)}; here, from a `.env` beside the topology."


def _beside(home: str, base: str) -> Beside | None:
    """The `.env` of a Procfile, where it has one."""
    file = os.path.join(home, ".env")  # noqa: PTH118
    if not os.path.isfile(file):  # noqa: PTH113
        return None
    found = read_text(file)
    port = "" if found.diagnostic else parse_dotenv(found.text, file).values.get(PORT, "")
    return Beside(
        env_file=rebased(".env", base), port=int(port) if re.fullmatch("[0-9]{1,5}", port) else None
    )


def _checked(found: FileText) -> str:
    problem = found.diagnostic
    if problem is None:
        return found.text
    if problem.span.line == 1 and problem.span.column == 1 and not found.text:
        raise OrchestratorError(problem.message, problem.help)
    raise SourceError(
        problem.span.file, problem.span.line, problem.message, problem.help or "", problem.span.column
    )
