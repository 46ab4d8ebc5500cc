"""All checks in one go."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping

from orchestrator.app.doctor import (
    clock,
    container,
    directories,
    leftovers,
    libraries,
    limits,
    running,
    topology,
)
from orchestrator.app.doctor.types import Check, Needs
from orchestrator.errors import UsageError
from orchestrator.projects import places
from orchestrator.projects.find import DEFAULT_FILE, Project, looks_like_file, projects
from orchestrator.sdk.express import obstacle


def examine(
    target: str | None, environ: Mapping[str, str], profiles: Collection[str] = ()
) -> tuple[Check, ...]:
    """Every check of this machine; with `target` of that topology as well.

    `target` is a topology file or the name of a project that runs or left something. Its file says what is
    needed, and its supervisor, if it runs, is asked for nodes and links; without `target` the file is
    `topology.yaml`, if it is here, and all that run are asked. Raises UsageError for a name that nobody has.
    """
    found = projects(environ)
    word = DEFAULT_FILE if target is None and os.path.exists(DEFAULT_FILE) else target  # noqa: PTH110
    project = None if word is None else _project(word, found)
    file = _file(word, project)
    ours = project if project is not None and project.running else None
    examined = (
        topology.Examined(checks=()) if file is None else topology.examine(file, environ, ours, profiles)
    )
    here = [p for p in found if p.running] if target is None else [ours] if ours is not None else []
    return (
        *_machine(environ, examined.needs, found),
        *examined.checks,
        *(check for one in here for check in running.running(one)),
    )


def _machine(environ: Mapping[str, str], needs: Needs, found: list[Project]) -> Iterator[Check]:
    yield libraries.python()
    yield from libraries.zeromq(libraries.installed(), posix=os.name == "posix")
    yield libraries.lanes(obstacle())
    yield from limits.limits(limits.look(), needs)
    yield from container.surroundings(container.look(environ), linux=sys.platform == "linux")
    yield from clock.clocks(clock.look())
    yield from directories.directories(environ)
    marks = frozenset(p.record.mark for p in found if not p.running and p.record.mark)
    yield from leftovers.leftovers(
        found,
        leftovers.marked(marks),
        leftovers.unclaimed(places.runtime_parent(environ)),
        leftovers.elsewhere(environ),
    )
    yield libraries.pictures()


def _project(target: str, found: list[Project]) -> Project | None:
    """The project that is meant; of a file that has none yet, None."""
    if looks_like_file(target):
        path = os.path.realpath(target)
        near = [project for project in found if project.record.file == path]
        return next((project for project in near if project.running), near[0] if near else None)
    for project in found:
        if project.name == target:
            return project
    if os.path.exists(target):  # noqa: PTH110 - a file without a suffix
        return None
    names = ", ".join(project.name for project in found)
    raise UsageError(
        f"no topology {target!r} runs, and there is no such file",
        f"what there is: {names}" if names else "name a file",
    )


def _file(target: str | None, project: Project | None) -> str | None:
    """The topology file that is meant; None where it is of no file, as one built in code."""
    if target is None or project is None or target != project.name:
        return target
    return project.record.file if os.path.isfile(project.record.file) else None  # noqa: PTH113
