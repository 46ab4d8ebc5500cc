"""Where pools are. Loads nothing: every start of a topology asks whether there are any."""

from __future__ import annotations

import os

PARENT = "/dev/shm"


def base(parent: str = PARENT) -> str:
    """The directory of all groups of this user."""
    return f"{parent}/orchestrator-{os.getuid()}"


def are_there_any() -> bool:
    """Whether there may be pools of this user's."""
    return hasattr(os, "getuid") and os.path.isdir(base())  # noqa: PTH112 - no pathlib in node processes
