"""What a supervisor writes about itself into its project's lock file, and how others read it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from orchestrator.kernel.births import birth as birth


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Who holds a project, or held it last."""

    project: str
    topology: str
    file: str
    """The topology file's absolute path; `-` for standard input, `<python>` for one built in code."""
    pid: int
    born: str | None
    """Start time of that process as the kernel tells it: a pid may be somebody else's by now."""
    since: float
    """Seconds since the epoch."""
    ephemeral: bool = False
    """Its name was made up for this run: nobody will come back to look for what it left."""
    keep: bool = False
    """Its processes outlive the supervisor, and wait for another one."""
    mark: str | None = None
    """What its processes carry in their environment."""

    def encode(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


_NAMES = {field.name for field in fields(Record)}


def decode(data: bytes) -> Record | None:
    """Read a record; None for anything that is none."""
    try:
        found: Any = json.loads(data)
        return Record(**{key: value for key, value in found.items() if key in _NAMES})
    except (ValueError, TypeError, AttributeError):
        return None
