"""What a supervisor writes about itself into its project's lock file, and how others read it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from typing import Any


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


def birth(pid: int) -> str | None:
    """The start time of a living process (proc(5), field 22 of stat); None where there is none."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        fields = os.read(descriptor, 4096).rpartition(b")")[2].split()
    except OSError:  # it ended between the two calls
        return None
    finally:
        os.close(descriptor)
    return None if fields[0] in b"ZX" else fields[19].decode()
