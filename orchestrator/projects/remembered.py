"""What a state directory tells of its project: also when it does not run, for those who read its logs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import UsageError
from orchestrator.projects import find, places

NAME: Final = "project.json"
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A project that runs or has run."""

    project: str
    topology: str
    file: str
    """The topology file's absolute path, `-` or `<python>`."""
    state_dir: Path
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """unit -> the words that mean it: the nodes and instances in it."""

    def encode(self) -> bytes:
        """As it is kept in `project.json`."""
        found = {
            "version": _VERSION,
            "project": self.project,
            "topology": self.topology,
            "file": self.file,
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
            units={str(unit): tuple(map(str, words)) for unit, words in found["units"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def remembered(environ: Mapping[str, str]) -> list[Remembered]:
    """All that is remembered on this machine, by name."""
    parent = places.state_parent(environ)
    found = [read(path.parent) for path in parent.glob(f"*/{NAME}")]
    return sorted((one for one in found if one is not None), key=lambda one: one.project)


def meant(
    target: str | None, environ: Mapping[str, str], name_of: Callable[[str], str | None] = lambda _: None
) -> Remembered:
    """The project whose logs `target` (a name or a topology file) means; it need not run.

    Without one: that of ORCHESTRATOR_PROJECT, else the only one that runs, else that of `topology.yaml` here,
    else the only one that ever ran. `name_of` tells the name of the topology in a file. Raises UsageError.
    """
    known = remembered(environ)
    target = target or environ.get("ORCHESTRATOR_PROJECT") or None
    if target is None:
        return _obvious(known, environ)
    if find.looks_like_file(target):
        return _of_file(target, known, environ, name_of)
    named = [one for one in known if one.project == target]
    if named:
        return named[0]
    near = get_close_matches(target, [one.project for one in known], n=1)
    raise UsageError(
        f"{target!r} has never run here", f"did you mean {near[0]!r}?" if near else _these(known)
    )


def _obvious(known: list[Remembered], environ: Mapping[str, str]) -> Remembered:
    running = {project.name for project in find.running(environ)}
    here = os.path.realpath(find.DEFAULT_FILE)
    for choice in (
        [one for one in known if one.project in running],
        [one for one in known if one.file == here],
        known,
    ):
        if len(choice) == 1:
            return choice[0]
        both = [one for one in choice if one.file == here]
        if len(both) == 1:
            return both[0]
        if choice:
            raise UsageError(f"{len(choice)} topologies have logs", f"name one with -t: {_names(choice)}")
    raise UsageError("no topology has run here", "start one with `orchestrator up FILE`")


def _of_file(
    target: str, known: list[Remembered], environ: Mapping[str, str], name_of: Callable[[str], str | None]
) -> Remembered:
    path = os.path.realpath(target)
    found = [one for one in known if one.file == path]
    if len(found) > 1:
        running = {project.name for project in find.running(environ)}
        found = [one for one in found if one.project in running] or found
    if len(found) > 1:
        name = name_of(target)
        found = [one for one in found if one.project == name] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{target} ran under {len(found)} names", f"name the project: {_names(found)}")
    raise UsageError(f"{target} has never run here", _these(known))


def _these(known: list[Remembered]) -> str:
    return f"what has run: {_names(known)}" if known else "nothing has run here yet"


def _names(known: list[Remembered]) -> str:
    shown = ", ".join(one.project for one in known[:8])
    return shown + (", …" if len(known) > 8 else "")
