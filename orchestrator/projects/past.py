"""How projects that do not run came to their end: for those who look for one that is no more."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import UsageError
from orchestrator.projects import find, places, remembered
from orchestrator.projects.remembered import Remembered

_TAIL: Final = 1 << 18
"""So many bytes of a journal are searched for an end, from its own end."""


def with_past(error: find.NotRunningError, environ: Mapping[str, str]) -> UsageError:
    """The same error; with the end of the project that was looked for, where that is known."""
    one = _sought(error.target, environ)
    end = None if one is None else _end(one, environ)
    if one is None or end is None:
        return error
    who = f"the last one, {one.project}," if error.target is None else "it"
    again = f"; `orchestrator up -d {one.file}` starts it again" if Path(one.file).is_absolute() else ""
    return UsageError(
        f"{error.message}: {who} {end}",
        f"`orchestrator events {one.project}` and `orchestrator logs -t {one.project}` tell more{again}",
    )


def _sought(target: str | None, environ: Mapping[str, str]) -> Remembered | None:
    """The project of that name or file that ran last; without one, that which ran last of all."""
    known = remembered.remembered(environ)
    if target is not None and find.looks_like_file(target):
        path = os.path.realpath(target)
        known = [one for one in known if one.file == path]
    elif target is not None:
        known = [one for one in known if one.project == target]
    return max(known, key=lambda one: one.since, default=None)


def _end(one: Remembered, environ: Mapping[str, str]) -> str | None:
    for project in find.projects(environ):
        if project.name == one.project:
            return f"was killed with its supervisor, process {project.record.pid}"
    for line in reversed(_tail(one.state_dir / places.JOURNAL)):
        record = _record(line)
        if record.get("event") == "topology_ended":
            how = "failed" if record.get("failed") else "ended"
            reason = f": {record['reason']}" if record.get("reason") else ""
            return f"{how}{_when(record.get('time'))}{reason}"
    return None


def _tail(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as journal:
            journal.seek(0, os.SEEK_END)
            journal.seek(max(0, journal.tell() - _TAIL))
            return journal.read().splitlines()
    except OSError:
        return []


def _record(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _when(stamp: Any) -> str:
    try:
        return f" on {datetime.fromisoformat(stamp).astimezone():%Y-%m-%d at %H:%M:%S}"
    except (TypeError, ValueError):
        return ""
