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
    run, state = places.runtime_parent(environ), places.state_parent(environ)
    yield from _directory(
        run, "run directories", "set XDG_RUNTIME_DIR to a directory of your own", private=True
    )
    wanted = environ.get("XDG_RUNTIME_DIR")
    if wanted and run != Path(wanted) / "orchestrator":
        usable = os.path.isdir(wanted) and os.access(wanted, os.W_OK)  # noqa: PTH112
        why = "is too long for ipc paths" if usable else "cannot be written to"
        yield DIRECTORIES.note(f"XDG_RUNTIME_DIR={wanted} {why}, and is not used")
    length = len(os.fsencode(run))
    if length > _MOST and os.name == "posix":
        yield DIRECTORIES.error(
            f"{run} has {length} bytes, and no ipc path of over 107 can be bound (unix(7))",
            "set XDG_RUNTIME_DIR to a shorter path",
        )
    yield from _directory(
        state, "logs and journals", "set XDG_STATE_HOME to a directory of your own", private=False
    )


def _directory(path: Path, what: str, remedy: str, *, private: bool) -> Iterator[Check]:
    there = _nearest(path)
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        yield DIRECTORIES.error(f"{what} are to go to {path}, and {there} cannot be written to", remedy)
        return
    if there == path and hasattr(os, "getuid"):
        found = path.lstat() if private else path.stat()
        if found.st_uid != os.getuid():
            fact = f"{path} belongs to user {user_name(found.st_uid)}"
            yield DIRECTORIES.error(fact, f"`chown` or remove it, or {remedy}")
            return
        if private and not stat.S_ISDIR(found.st_mode):
            yield DIRECTORIES.error(
                f"{path} is a link: `up` takes a directory alone", f"remove it, or {remedy}"
            )
            return
        if private and found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            yield DIRECTORIES.note(f"{path} is open to others ({mode:04o}): the next `up` closes it")
    yield from _room(there, path, what)


def _room(there: Path, path: Path, what: str) -> Iterator[Check]:
    free = shutil.disk_usage(there).free
    if free < _FREE:
        yield DIRECTORIES.warning(
            f"{what} go to {path}, where {free >> 20} MiB are free",
            "free some space, or choose another place",
        )
    else:
        yield DIRECTORIES.ok(f"{what} go to {path}")


def _nearest(path: Path) -> Path:
    """The directory itself, or the one above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
