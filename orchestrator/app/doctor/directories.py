"""The directories of runs and of what they leave, and what runs that were killed left in them."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.projects import places
from orchestrator.projects.find import Project

DIRECTORIES: Final = Topic(name="directories")
LEFTOVERS: Final = Topic(name="left-overs")
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
    if private and there == path and hasattr(os, "getuid"):
        found = path.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            yield DIRECTORIES.error(f"{path} belongs to another user", f"remove it, or {remedy}")
            return
        if found.st_mode & 0o077:
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


def leftovers(found: Iterable[Project], marks: Mapping[str, list[int]]) -> Iterator[Check]:
    """Projects whose supervisor was killed. `marks`: what processes carry in their environment -> who."""
    dead = [project for project in found if not project.running]
    for project in dead:
        alive = marks.get(project.record.mark or "", [])
        pids = ", ".join(map(str, alive[:5])) + (", …" if len(alive) > 5 else "")
        if project.record.keep and alive:
            yield LEFTOVERS.note(
                f"{project.name} has no supervisor, and {len(alive)} processes wait for one ({pids})",
                f"`orchestrator up {project.record.file}` takes them over",
            )
        elif alive:
            yield LEFTOVERS.warning(
                f"the supervisor of {project.name} was killed, and {len(alive)} processes of it run ({pids})",
                f"kill {pids.replace(', ', ' ')}",
            )
        else:
            yield LEFTOVERS.note(
                f"the supervisor of {project.name} (process {project.record.pid}) was killed; "
                f"{project.run_dir} is left of it",
                "nothing has to be done: the next `up` of it cleans up",
            )
    if not dead:
        yield LEFTOVERS.ok("nothing is left of earlier runs")


def marked(wanted: frozenset[str]) -> dict[str, list[int]]:
    """mark -> the processes that carry it, of those marks that are wanted."""
    if not wanted:
        return {}
    from orchestrator.engines import proctable

    found: dict[str, list[int]] = {}
    for pid in sorted(proctable.scan()):
        mark = (proctable.mark_of(pid) or "").partition(":")[0]
        if mark in wanted:
            found.setdefault(mark, []).append(pid)
    return found
