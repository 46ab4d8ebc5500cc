"""What a state directory tells of its project: also when it does not run, for those who read its logs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import UsageError
from orchestrator.projects import find, places

NAME: Final = "project.json"
_VERSION: Final = 1
_LOG: Final = re.compile(r"(.+)\.jsonl(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A project that runs or has run."""

    project: str
    topology: str
    file: str
    """The topology file's absolute path, `-` or `<python>`."""
    state_dir: Path
    since: float = 0.0
    """When its last run began, in seconds since the epoch."""
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """unit -> the words that mean it: the nodes and instances in it."""

    def encode(self) -> bytes:
        """As it is kept in `project.json`."""
        found = {
            "version": _VERSION,
            "project": self.project,
            "topology": self.topology,
            "file": self.file,
            "since": self.since,
            "units": {unit: list(words) for unit, words in self.units.items()},
        }
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def read(state_dir: Path) -> Remembered | None:
    """What is remembered there; None where nothing is, or nothing that can be read."""
    try:
        found: Any = json.loads((state_dir / NAME).read_bytes())
        return Remembered(
            project=str(found["project"]),
            topology=str(found["topology"]),
            file=str(found["file"]),
            state_dir=state_dir,
            since=float(found.get("since", 0.0)),
            units={str(unit): tuple(map(str, words)) for unit, words in found["units"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def remembered(environ: Mapping[str, str]) -> list[Remembered]:
    """All that is remembered on this machine, by name."""
    parent = places.state_parent(environ)
    found = [read(path.parent) for path in parent.glob(f"*/{NAME}")]
    return sorted((one for one in found if one is not None), key=lambda one: one.project)


def logged(state_dir: Path) -> list[str]:
    """The units that have a log, those of earlier runs too, by name."""
    try:
        names = [entry.name for entry in os.scandir(state_dir / places.LOGS)]
    except OSError:
        return []
    return sorted({match[1] for name in names if (match := _LOG.fullmatch(name))})


def units(project: Remembered, words: Iterable[str]) -> frozenset[str]:
    """The units that nodes, instances or units name. Raises UsageError for a word that means none."""
    known = {
        unit: (unit, *project.units.get(unit, ())) for unit in {*project.units, *logged(project.state_dir)}
    }
    chosen: set[str] = set()
    for word in words:
        found = {unit for unit, names in known.items() if word in names}
        if not found:
            every = sorted({name for names in known.values() for name in names})
            raise UsageError(f"{project.project} has no node {word!r}", _near(word, every, "its nodes: "))
        chosen |= found
    return frozenset(chosen)


def meant(target: str | None, environ: Mapping[str, str]) -> Remembered:
    """The project whose logs `target` (a name or a topology file) means; it need not run.

    Without one: that of ORCHESTRATOR_PROJECT, else the only one that runs, else that of `topology.yaml` here,
    else the only one that ever ran. Of several that one file ran under: that which runs, or ran last. Raises
    UsageError.
    """
    known = remembered(environ)
    known += _forgotten({one.project for one in known}, environ)
    target = target or environ.get("ORCHESTRATOR_PROJECT") or None
    if target is None:
        return _obvious(known, environ)
    if find.looks_like_file(target):
        path = os.path.realpath(target)
        found = [one for one in known if one.file == path]
        if not found:
            raise UsageError(f"{target} has never run here", _near("", [one.project for one in known], _HAVE))
        return _latest(found, environ)
    for one in known:
        if one.project == target:
            return one
    if target in _running(environ):
        raise UsageError(
            f"{target} runs, and nothing of it is kept in {places.state_dir(target, environ)}",
            "its supervisor has another XDG_STATE_HOME or HOME, or cannot write there: "
            f"`orchestrator attach {target}` shows what comes",
        )
    raise UsageError(f"{target!r} has never run here", _near(target, [one.project for one in known], _HAVE))


_HAVE: Final = "what has run: "


def _forgotten(known: set[str], environ: Mapping[str, str]) -> list[Remembered]:
    """What runs and writes, while what says so was removed: what its lock file tells will do."""
    return [
        Remembered(
            project=one.name,
            topology=one.record.topology,
            file=one.record.file,
            state_dir=state_dir,
            since=one.record.since,
        )
        for one in find.running(environ)
        if one.name not in known and (state_dir := places.state_dir(one.name, environ)).is_dir()
    ]


def _obvious(known: list[Remembered], environ: Mapping[str, str]) -> Remembered:
    running = _running(environ)
    here = [one for one in known if one.file == os.path.realpath(find.DEFAULT_FILE)]
    at_work = [one for one in known if one.project in running]
    if len(at_work) == 1:
        return at_work[0]
    if here:
        return _latest(here, environ)
    if len(known) == 1:
        return known[0]
    if not known:
        raise UsageError("no topology has run here", "start one with `orchestrator up FILE`")
    told = f"{len(at_work)} topologies run" if at_work else f"{len(known)} topologies have run"
    raise UsageError(told, f"name one with -t: {_names([one.project for one in at_work or known])}")


def _latest(found: list[Remembered], environ: Mapping[str, str]) -> Remembered:
    running = _running(environ)
    return max(found, key=lambda one: (one.project in running, one.since))


def _running(environ: Mapping[str, str]) -> set[str]:
    return {project.name for project in find.running(environ)}


def _near(word: str, known: list[str], lead: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return lead + _names(known) if known else "nothing has run here yet"


def _names(known: list[str]) -> str:
    return ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
