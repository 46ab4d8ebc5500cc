"""What a refused document probably meant, so that the rest of it can be looked at in the same run.

A typing mistake with a near name is taken for that name. A value that can't be used is left out, where no
other part depends on it; where links would be lost by that, there is no repair, since whatever would be said
about them would be the same mistake again.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from orchestrator.source import Broken
from orchestrator.vocabulary import JsonValue, Path

_LINKS_HANG_ON: Final = frozenset(
    {"nodes", "sockets", "type", "bind", "connect", "endpoints", "address", "messages", "message"}
    | {"codec", "schema", "include", "topics", "subscribe", "options", "process", "replicas"}
)
"""Keys whose loss would make other findings, or hide them."""


class Change(Enum):
    KEEP = "keep"
    """It is harmless to whoever reads on: a name of the wrong form."""
    REMOVE = "remove"
    RENAME = "rename"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Repair:
    """One change to a document. `value`: the new name, or the new value."""

    change: Change
    path: Path
    value: JsonValue = None


@dataclass(frozen=True, slots=True)
class Repaired:
    """A copy of a document's data with all changes made."""

    data: JsonValue
    renamed: Mapping[Path, str]
    """Path with the new key -> the key as it is written in the file."""


def repaired(data: JsonValue, repairs: Iterable[Repair]) -> Repaired | None:
    """A copy with all changes made and broken values left out; None where too little would remain."""
    result = copy.deepcopy(data)
    renamed: dict[Path, str] = {}
    broken = [Repair(Change.REMOVE, path) for path in _broken_values(result, ())]
    for repair in [*repairs, *broken]:
        if not _apply(result, repair, renamed):
            return None
    return Repaired(result, renamed)


def _broken_values(value: JsonValue, path: Path) -> list[Path]:
    if isinstance(value, Broken):
        return [path]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _broken_values(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _broken_values(item, (*path, index))]
    return []


def _apply(data: JsonValue, repair: Repair, renamed: dict[Path, str]) -> bool:
    """Make one change in place; False where it must not be made."""
    if repair.change is Change.KEEP:
        return True
    path = repair.path
    if repair.change is not Change.REPLACE:
        while path and isinstance(path[-1], int):  # a list loses its meaning with one of its items
            path = path[:-1]
    if not path:
        return False
    parent = _container(data, path)
    key: Any = path[-1]
    if repair.change is Change.REPLACE and parent is not None:
        parent[key] = repair.value
    elif not isinstance(parent, dict) or key not in parent:
        return True  # an earlier change has removed it
    elif repair.change is Change.RENAME and isinstance(repair.value, str) and repair.value not in parent:
        parent[repair.value] = parent.pop(key)
        renamed[(*path[:-1], repair.value)] = key
    elif _links_hang_on(path):
        return False
    else:
        del parent[key]
    return True


def _container(data: JsonValue, path: Path) -> Any:
    """What holds the value at `path`; None when it is not there any more."""
    found: Any = data
    for part in path[:-1]:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found if isinstance(found, dict | list) else None


def _links_hang_on(path: Path) -> bool:
    if len(path) == 2 and path[0] in ("nodes", "messages", "endpoints"):
        return True
    if len(path) == 4 and path[0] == "nodes" and path[2] == "sockets":
        return True
    return path[-1] in _LINKS_HANG_ON and not _is_free_form(path)


def _is_free_form(path: Path) -> bool:
    """Whether the user chose the key's name: parameters, variables, labels, options, keys of their own."""
    return any(part in ("params", "env", "labels") or str(part).startswith("x-") for part in path[:-1])
