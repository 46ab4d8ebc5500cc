"""Paths and ports of docker compose: what of a container is where on its host."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.importing.compose_values import scalar_text
from orchestrator.source.foreign import Foreign

_PORT = re.compile(r"([0-9]{1,5})(?:/tcp)?")


@dataclass(frozen=True, slots=True)
class Mount:
    """A directory of the host, and where the container sees it."""

    source: str
    target: str


def mounts(volumes: Foreign | None) -> tuple[Mount, ...]:
    """The bind mounts among `volumes`, in the short and the long form; named volumes are none."""
    found = []
    for item in volumes.data if volumes is not None and isinstance(volumes.data, list) else ():
        source, target = _ends(item)
        if source.startswith((".", "/")) and target.startswith("/"):
            found.append(Mount(source, posixpath.normpath(target)))
    return tuple(found)


def _ends(item: Foreign) -> tuple[str, str]:
    if isinstance(item.data, dict):
        empty = Foreign(None, 1, 1)
        return tuple(scalar_text(item.data.get(key, empty)) or "" for key in ("source", "target"))  # type: ignore[return-value]
    source, _, rest = (scalar_text(item) or "").partition(":")
    return source, rest.partition(":")[0]


def on_host(path: str, mounted: tuple[Mount, ...]) -> str | None:
    """Where a path of the container is on its host; None where no mount says it."""
    path = posixpath.normpath(path)
    for mount in sorted(mounted, key=lambda one: len(one.target), reverse=True):
        inside = path.removeprefix(mount.target.rstrip("/"))
        if path == mount.target or (inside != path and inside.startswith("/")):
            return posixpath.normpath(posixpath.join(mount.source, inside.lstrip("/")))
    return None


def rebased(path: str, base: str) -> str:
    """A path that starts in the compose file's directory, as one that starts in the topology's."""
    return path if not base or path.startswith(("/", "$")) else posixpath.normpath(posixpath.join(base, path))


def ports(data: Mapping[str, Foreign]) -> list[tuple[str, str]]:
    """The tcp ports of the container that the service publishes or exposes, and which it is."""
    found: dict[str, str] = {}
    for key, how in (("ports", "published in the source"), ("expose", "exposed in the source")):
        value = data.get(key)
        for item in value.data if value is not None and isinstance(value.data, list) else ():
            target = item.data.get("target", item) if isinstance(item.data, dict) else item
            match = _PORT.fullmatch((scalar_text(target) or "").rpartition(":")[2])
            if match is not None:
                found.setdefault(match[1], how)
    return list(found.items())
