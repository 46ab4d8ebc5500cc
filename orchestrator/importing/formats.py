"""Which format a file is in: by its name where that says it, else by what stands in it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from orchestrator.errors import UsageError


class Format(StrEnum):
    """What can be imported from a file. The value is the word of `--from`."""

    ZDCF = "zdcf"
    COMPOSE = "compose"
    PROCFILE = "procfile"


_BY_NAME: Final = (
    (re.compile(r"procfile(\..*)?|.*\.procfile"), Format.PROCFILE),
    (re.compile(r".*\.(zpl|zdcf)"), Format.ZDCF),
    (re.compile(r"((docker-)?compose|podman-compose)([.-].*)?\.ya?ml"), Format.COMPOSE),
)
_SERVICES: Final = re.compile(r"""^["']?services["']?[ \t]*:""", re.MULTILINE)
_ZPL: Final = re.compile(r"^(apps[ \t]*(#.*)?|version[ \t]*=.*)\r?$", re.MULTILINE)
_TOPOLOGY: Final = re.compile(r"^nodes[ \t]*:", re.MULTILINE)
_JSON_SERVICES: Final = re.compile(r'^\s*\{.*"services"\s*:', re.DOTALL)
_APPS: Final = re.compile(r'"apps"\s*:')
_PROCESSES: Final = re.compile(r"(?:[ \t]*(?:#.*|[A-Za-z0-9_-]+[ \t]*:[ \t]*[^ \t\r\n].*)?(?:\r?\n|\Z))+")
_SOMETHING: Final = re.compile(r"^[ \t]*[^#\s]", re.MULTILINE)


def recognise(text: str, file: str) -> Format:
    """The format of a file. Raises UsageError where it can't be told."""
    name = re.split(r"[/\\]", file)[-1].lower()
    for pattern, found in _BY_NAME:
        if pattern.fullmatch(name):
            return found
    by_content = _by_content(text)
    if by_content is not None:
        return by_content
    if _TOPOLOGY.search(text):
        raise UsageError(f"{file} is a topology file already", "orchestrator validate checks it")
    raise UsageError(
        f"what {file} is can't be told from its name or content",
        f"say it: --from {', --from '.join(Format)}",
    )


def _by_content(text: str) -> Format | None:
    if text.lstrip()[:1] == "{":
        is_compose = _JSON_SERVICES.match(text) and not _APPS.search(text)
        return Format.COMPOSE if is_compose else Format.ZDCF
    if _SERVICES.search(text):
        return Format.COMPOSE
    if _ZPL.search(text):
        return Format.ZDCF
    if _TOPOLOGY.search(text) or not _SOMETHING.search(text):
        return None
    return Format.PROCFILE if _PROCESSES.fullmatch(text) else None
