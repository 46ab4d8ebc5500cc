"""What runs that were killed left: run directories, locks, processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.projects import places
from orchestrator.projects.find import Project, projects_in
from orchestrator.projects.rundir import holder

LEFTOVERS: Final = Topic(name="left-overs")


def leftovers(
    found: Iterable[Project],
    marks: Mapping[str, list[int]],
    unclaimed: Iterable[Path],
    elsewhere: list[Project],
) -> Iterator[Check]:
    """What is to be said of them.

    `marks`: what processes carry in their environment -> which processes; `unclaimed`: what lies where run
    directories do and is of no project; `elsewhere`: projects in places that are not looked into else.
    """
    told = [
        *(
            _dead(project, marks.get(project.record.mark or "", []))
            for project in found
            if not project.running
        ),
        *(
            LEFTOVERS.note(f"{path} is of no project", f"nothing uses it: `rm -r {path}`", subject=str(path))
            for path in unclaimed
        ),
        *(_elsewhere(project) for project in elsewhere if project.running),
    ]
    yield from told or [LEFTOVERS.ok("nothing is left of earlier runs")]


def _dead(project: Project, alive: list[int]) -> Check:
    pids = ", ".join(map(str, alive[:5])) + (", …" if len(alive) > 5 else "")
    count = f"{len(alive)} process{'es' if len(alive) > 1 else ''}"
    record = project.record
    if record.keep and alive:
        return LEFTOVERS.note(
            f"{project.name} has no supervisor, and {count} of it run on ({pids})",
            f"`orchestrator up {record.file}` takes them over",
            subject=project.name,
        )
    if alive:
        return LEFTOVERS.warning(
            f"the supervisor of {project.name} (process {record.pid}) was killed, and {count} of it "
            f"run on ({pids})",
            f"kill {' '.join(map(str, alive))}",
            subject=project.name,
        )
    return LEFTOVERS.note(
        f"the supervisor of {project.name} (process {record.pid}) was killed; {project.run_dir} is left",
        "nothing has to be done: its next `up` cleans up",
        subject=project.name,
    )


def _elsewhere(project: Project) -> Check:
    return LEFTOVERS.note(
        f"{project.name} (process {project.record.pid}) runs in {project.run_dir}, where no verb looks for "
        "it with these variables",
        f"XDG_RUNTIME_DIR={project.run_dir.parent.parent} orchestrator ps {project.name}"
        if project.run_dir.parent.name == "orchestrator"
        else f"env -u XDG_RUNTIME_DIR orchestrator ps {project.name}",
        subject=project.name,
        pid=project.record.pid,
    )


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


def unclaimed(parent: Path) -> list[Path]:
    """What is in the directory of run directories without being one, or a project's lock."""
    try:
        there = sorted(parent.iterdir())
    except OSError:
        return []
    locks = [lock for lock in parent.glob("*.lock") if _tells(lock)]  # after the list: what is new claims
    claimed = {path for lock in locks for path in (lock, lock.with_suffix(""))}
    return [path for path in there if path not in claimed and os.path.lexists(path)]


def _tells(lock: Path) -> bool:
    """Whether a lock is held, or tells who held it."""
    try:
        record, held = holder(lock)
    except OSError:
        return False
    return held or record is not None


def elsewhere(environ: Mapping[str, str]) -> list[Project]:
    """Projects whose run directories were made with other variables."""
    return [project for parent in places.other_parents(environ) for project in projects_in(parent)]
