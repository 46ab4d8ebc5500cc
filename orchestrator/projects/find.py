"""Which projects there are on this machine, and which of them is meant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.errors import UsageError
from orchestrator.projects import kept, places
from orchestrator.projects.record import Record
from orchestrator.projects.rundir import holder

DEFAULT_FILE: Final = "topology.yaml"
_SUFFIXES: Final = (".yaml", ".yml")


class NotRunningError(UsageError):
    """What was looked for does not run. `target`: the word for it, if there was one."""

    def __init__(self, message: str, remedy: str, target: str | None = None) -> None:
        super().__init__(message, remedy)
        self.target = target


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project that runs, or that a killed supervisor left."""

    record: Record
    run_dir: Path
    running: bool

    @property
    def name(self) -> str:
        return self.record.project

    @property
    def kept(self) -> bool:
        """Whether its nodes run, and nobody supervises them."""
        return not self.running and self.record.keep and kept.waits(self.run_dir)


def projects(environ: Mapping[str, str]) -> list[Project]:
    """All of them, by name."""
    return projects_in(places.runtime_parent(environ))


def projects_in(parent: Path) -> list[Project]:
    """Those whose run directories lie in one place."""
    found = []
    for lock in sorted(parent.glob("*.lock")):
        try:
            record, held = holder(lock)
        except OSError:
            continue
        if record is not None:
            found.append(Project(record=record, run_dir=lock.with_suffix(""), running=held))
    return found


def running(environ: Mapping[str, str]) -> list[Project]:
    """Those that run."""
    return [project for project in projects(environ) if project.running]


def is_under_way(project: str, environ: Mapping[str, str]) -> bool:
    """Whether a supervisor has it, or left its processes to the next one (`up --keep`)."""
    try:
        record, held = holder(places.lock_file(project, environ))
    except OSError:
        return False
    return held or (record is not None and record.keep and places.run_dir(project, environ).is_dir())


def meant(target: str | None, environ: Mapping[str, str], *, also_kept: bool = False) -> Project:
    """The running project that `target` (a project's name or a topology file) names; with `also_kept` one
    whose nodes run without a supervisor will do.

    Without one: that of ORCHESTRATOR_PROJECT, else the only one, else that of `topology.yaml` here. Raises
    UsageError when none is meant, or more than one.
    """
    target = target or environ.get("ORCHESTRATOR_PROJECT") or None
    there = projects(environ)
    candidates = [project for project in there if project.running or (also_kept and project.kept)]
    if not also_kept:
        _refuse_kept(target, candidates, there)
    if target is None:
        return _only(candidates)
    if looks_like_file(target):
        return _of_file(target, candidates)
    for project in candidates:
        if project.name == target:
            return project
    raise NotRunningError(f"no topology {target!r} runs", _hint(target, candidates), target)


def _refuse_kept(target: str | None, candidates: list[Project], there: list[Project]) -> None:
    """Say so when the only one that can be meant has no supervisor that could answer."""
    if target is None:
        meant = [] if candidates else there
    elif looks_like_file(target):
        path = os.path.realpath(target)
        meant = [project for project in there if project.record.file == path]
    else:
        meant = [project for project in there if project.name == target]
    if any(project.running for project in meant):
        return
    for project in meant:
        if project.kept:
            raise UsageError(
                f"{project.name} runs without a supervisor: that was killed, and its nodes were kept",
                f"`orchestrator up {project.record.file}` takes it over, "
                f"`orchestrator down {project.name}` ends it",
            )


def looks_like_file(target: str) -> bool:
    """Whether a word names a topology file rather than a project."""
    return target.endswith(_SUFFIXES) or os.sep in target


def _only(candidates: list[Project]) -> Project:
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise NotRunningError("no topology runs", "start one with `orchestrator up -d FILE`")
    here = [p for p in candidates if p.record.file == os.path.realpath(DEFAULT_FILE)]
    if len(here) == 1:
        return here[0]
    raise UsageError(f"{len(candidates)} topologies run", f"name one: {_names(candidates)}")


def _of_file(target: str, candidates: list[Project]) -> Project:
    path = os.path.realpath(target)
    found = [project for project in candidates if project.record.file == path]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{target} runs {len(found)} times", f"name the project: {_names(found)}")
    raise NotRunningError(f"{target} does not run", _hint(target, candidates), target)


def _hint(target: str, candidates: list[Project]) -> str:
    if not candidates:
        return "nothing runs; start a topology with `orchestrator up -d FILE`"
    from difflib import get_close_matches

    near = get_close_matches(target, [project.name for project in candidates], n=1)
    return f"did you mean {near[0]!r}?" if near else f"what runs: {_names(candidates)}"


def _names(candidates: list[Project]) -> str:
    return ", ".join(project.name for project in candidates)
