"""Process 1, as this process sees it: all orphans become its children, and who else should reap them?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstProcess:
    """Process 1 of this PID namespace."""

    name: str
    zombies: frozenset[int] = frozenset()
    """Its children that have ended, and that it has not reaped by now."""


def read(proc: Path = Path("/proc")) -> FirstProcess | None:
    """What is to be seen of it; None where there is no such table."""
    own = _stat(proc / "1" / "stat")
    if own is None:
        return None
    zombies = set()
    for directory in proc.glob("[0-9]*"):
        found = _stat(directory / "stat")
        if found is not None and found[1] == "Z" and found[2] == 1:
            zombies.add(int(directory.name))
    return FirstProcess(name=own[0], zombies=frozenset(zombies))


def _stat(file: Path) -> tuple[str, str, int] | None:
    """Name, state and parent (proc_pid_stat(5)); None for a process that is gone."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
        before, _, after = text.rpartition(")")
        state, parent = after.split()[:2]
        return before.partition("(")[2], state, int(parent)
    except (OSError, ValueError):
        return None
