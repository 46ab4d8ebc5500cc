"""The directories of runs and of their logs: whose they are, whether they can be used, what room is left."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.kernel.holding import user_name
from orchestrator.projects import places

DIRECTORIES: Final = Topic(name="directories")
_MOST: Final = 66
"""Bytes of the directory of run directories: of the 107 of an ipc path (unix(7)) the rest is for names."""
_FREE: Final = 100 << 20
"""Bytes below which logs will soon fill the disk."""


def directories(environ: Mapping[str, str]) -> Iterator[Check]:
    """Run and state directory: whether they are there or can be made, and whose they are."""
    yield from _runs(places.runtime_parent(environ), environ.get("XDG_RUNTIME_DIR"))
    yield from _logs(places.state_parent(environ))


# ------------------------------------------------------------------ run directories


def _runs(path: Path, wanted: str | None) -> Iterator[Check]:
    remedy = "set XDG_RUNTIME_DIR to a directory of your own"
    if wanted and path != Path(wanted) / "orchestrator":
        usable = os.path.isdir(wanted) and os.access(wanted, os.W_OK)  # noqa: PTH112
        why = "is too long for ipc paths" if usable else "cannot be written to"
        yield DIRECTORIES.note(f"XDG_RUNTIME_DIR={wanted} {why}, and is not used", subject=wanted)
    length = len(os.fsencode(path))
    if length > _MOST and os.name == "posix":
        yield DIRECTORIES.error(
            f"{path} has {length} bytes, and no ipc path of over 107 can be bound (unix(7))",
            "set XDG_RUNTIME_DIR to a shorter path",
            subject=str(path),
        )
    there = _nearest(path)
    if not _usable(there):
        fact = f"run directories are to go to {path}, and {there} cannot be written to"
        yield DIRECTORIES.error(fact, remedy, subject=str(path))
        return
    refused = _refused(path) if there == path else None
    if refused is not None:
        yield DIRECTORIES.error(refused, f"remove it, or {remedy}", subject=str(path))
        return
    if there == path and os.name == "posix" and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        yield DIRECTORIES.note(
            f"{path} is open to others ({mode:04o}): the next `up` closes it", subject=str(path)
        )
    yield _room(there, path, "run directories")


def _refused(path: Path) -> str | None:
    """Why `up` does not take it, as projects.rundir decides."""
    if not hasattr(os, "getuid"):
        return None
    found = path.lstat()
    if found.st_uid != os.getuid():
        return f"{path} belongs to user {user_name(found.st_uid)}"
    return None if stat.S_ISDIR(found.st_mode) else f"{path} is a link: `up` takes a directory alone"


# ------------------------------------------------------------------ logs and journals


def _logs(path: Path) -> Iterator[Check]:
    there = _nearest(path)
    if not _usable(there):
        yield DIRECTORIES.warning(
            f"logs and journals are to go to {path}, and {there} cannot be written to: they are lost",
            "set XDG_STATE_HOME to a directory of your own",
            subject=str(path),
        )
        return
    owner = there.stat().st_uid
    if hasattr(os, "getuid") and there == path and owner != os.getuid():
        yield DIRECTORIES.note(
            f"{path} is of user {user_name(owner)}, who will not be able to remove what is written there",
            "set HOME or XDG_STATE_HOME to a directory of your own",
            subject=str(path),
        )
    yield _room(there, path, "logs and journals")


# ------------------------------------------------------------------ both


def _room(there: Path, path: Path, what: str) -> Check:
    free = shutil.disk_usage(there).free
    if free < _FREE:
        return DIRECTORIES.warning(
            f"{what} go to {path}, where {free >> 20} MiB are free",
            "free some space, or choose another place",
            subject=str(path),
        )
    return DIRECTORIES.ok(f"{what} go to {path}", str(path))


def _usable(directory: Path) -> bool:
    return os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK)  # noqa: PTH112 - never raises


def _nearest(path: Path) -> Path:
    """The directory itself, or the one above it that exists, as far as this user may look."""
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    return path
