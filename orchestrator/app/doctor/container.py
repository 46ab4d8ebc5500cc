"""Whether this is a container, and what containers often lack: an init that reaps, shared memory."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.app.doctor.types import Check, Topic
from orchestrator.kernel import first

CONTAINER: Final = Topic(name="container")
_REAP_S: Final = 0.05
_MANY: Final = 10
"""An init reaps at once, some now and then; so many that are there after this time stay."""
_SMALL: Final = 16 << 20
"""Bytes of shared memory below which nodes that use it will soon fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around this process."""

    container: str | None = None
    """What kind of container this is, if any."""
    first: str | None = None
    """The name of process 1; None where it cannot be seen."""
    unreaped: int = 0
    """Its children that have ended and that it does not reap."""
    shared_free: int | None = None
    """Bytes of shared memory; None where there is none."""


def look(
    environ: Mapping[str, str],
    *,
    root: Path = Path("/"),
    sleep: Callable[[float], None] = time.sleep,
) -> Surroundings:
    """What is to be seen under `root`."""
    found = first.read(root / "proc")
    unreaped: frozenset[int] = frozenset()
    if found is not None and found.zombies:
        sleep(_REAP_S)
        again = first.read(root / "proc")
        unreaped = found.zombies & again.zombies if again is not None else unreaped
    return Surroundings(
        container=_kind(environ, root),
        first=None if found is None else found.name,
        unreaped=len(unreaped),
        shared_free=_shared(root / "dev" / "shm"),
    )


def surroundings(seen: Surroundings, *, linux: bool) -> Iterator[Check]:
    """What is to be said of them."""
    if seen.container is not None:
        yield CONTAINER.note(
            f"this is a container ({seen.container}): the limits are those of its control groups"
        )
    if seen.unreaped >= _MANY:
        yield CONTAINER.warning(
            f"process 1 (`{seen.first}`) does not reap: {seen.unreaped} processes have ended, and keep their "
            "numbers",
            "start the container with an init (`docker run --init`), or with `orchestrator up` itself",
        )
    elif seen.first is not None:
        yield CONTAINER.ok(f"process 1 (`{seen.first}`) reaps what ends")
    if linux:
        yield _memory(seen.shared_free)


def _memory(free: int | None) -> Check:
    if free is None:
        return CONTAINER.note(
            "there is no /dev/shm that can be written to: nodes that share memory or semaphores cannot",
            "mount a tmpfs there",
        )
    if free < _SMALL:
        return CONTAINER.warning(
            f"/dev/shm has {free >> 20} MiB left: nodes that share memory will fail",
            "remove what was left in it, or make it larger (`docker run --shm-size`)",
        )
    return CONTAINER.ok(f"/dev/shm has {free >> 20} MiB left")


def _kind(environ: Mapping[str, str], root: Path) -> str | None:
    for file, kind in ((".dockerenv", "Docker"), ("run/.containerenv", "Podman")):
        if os.path.exists(root / file):  # noqa: PTH110 - never raises
            return kind
    if environ.get("KUBERNETES_SERVICE_HOST"):
        return "Kubernetes"
    return environ.get("container") or None


def _shared(directory: Path) -> int | None:
    if not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):  # noqa: PTH112
        return None
    return shutil.disk_usage(directory).free
