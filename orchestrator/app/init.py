"""Write a first topology: the YAML file, the nodes it names, and a copy of the schema for the editor.

The schema is copied because the file has to be completed and explained without a network, and on the
machine of whoever clones it next.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from orchestrator.app.templates import NODES, TOPOLOGY
from orchestrator.errors import UsageError
from orchestrator.spec.schema import schema_text

SCHEMA_FILE: Final = "topology.schema.json"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def write(directory: Path, *, name: str | None = None) -> tuple[Path, ...]:
    """Write the files into `directory`, which is made when it is not there, and return their paths.

    Raises UsageError, and writes nothing, when one of them exists or the name is no DNS label.
    """
    name = _checked(name) if name is not None else _name_of(directory)
    contents = {
        directory / "topology.yaml": TOPOLOGY.replace("@name@", name).replace("@schema@", SCHEMA_FILE),
        directory / "nodes.py": NODES,
        directory / SCHEMA_FILE: schema_text(),
    }
    there = [path for path in contents if path.exists() or path.is_symlink()]
    if there:
        names = ", ".join(path.name for path in there)
        raise UsageError(
            f"{directory}: {names} already there; nothing was written",
            "name another directory: orchestrator init DIR",
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, text in contents.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"{error.filename or directory} cannot be written: {error.strerror}") from error
    return tuple(contents)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a topology", "use lower-case letters, digits and `-`, at most 63"
        )
    return name


def _name_of(directory: Path) -> str:
    """The directory's name as a DNS label."""
    word = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-")[:63].strip("-")
    return word or "topology"
