"""Where a project's files are: sockets in its run directory, logs and journal in its state directory.

The directories follow the XDG base directory specification 0.8.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.errors import UsageError

API: Final = "api"
"""The supervisor's API socket, in the run directory."""
CONTROL: Final = "control"
"""The socket of the control protocol (docs/protocol.md), in the run directory."""
JOURNAL: Final = "journal.jsonl"
"""What happened, in the state directory."""
LOGS: Final = "logs"
"""The directory of what the processes wrote, in the state directory."""
MAX_NAME: Final = 63
_MAX_PARENT: Final = 66
"""Bytes. An ipc path has 107 (unix(7)): what is left is for the project's name and a socket's."""
_MAX_SLUG: Final = 29
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_name(project: str) -> str:
    """The name itself. Raises UsageError for one that cannot name a directory."""
    if len(project) > MAX_NAME or not _NAME.fullmatch(project):
        raise UsageError(
            f"{project!r} cannot name a project",
            f"letters, digits, `-`, `_` and `.`, at most {MAX_NAME}, the first a letter or digit",
        )
    return project


def slug(project: str) -> str:
    """The project's name as that of a file: itself, or shortened so that ipc paths keep within 107 bytes."""
    if len(project) <= _MAX_SLUG:
        return project
    return f"{project[:20]}-{hashlib.sha256(project.encode()).hexdigest()[:8]}"


def runtime_parent(environ: Mapping[str, str]) -> Path:
    """The directory of all run directories: the first place that is short enough; if none is, the last."""
    for parent in _candidates(environ):
        if len(os.fsencode(parent)) <= _MAX_PARENT or os.name != "posix":
            break
    return parent


def other_parents(environ: Mapping[str, str]) -> list[Path]:
    """Where run directories may lie that were made with other variables, as by another session or by sudo."""
    chosen = runtime_parent(environ)
    with_runtime = [Path(f"/run/user/{os.getuid()}") / "orchestrator"] if hasattr(os, "getuid") else []
    found = dict.fromkeys((*_candidates({**environ, "XDG_RUNTIME_DIR": ""}), *with_runtime))
    return [parent for parent in found if parent != chosen]


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    base = environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_dir() and os.access(base, os.W_OK):
        yield Path(base) / "orchestrator"
    user = os.getuid() if hasattr(os, "getuid") else environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"orchestrator-{user}"
    yield Path("/tmp") / f"orchestrator-{user}"


def run_dir(project: str, environ: Mapping[str, str]) -> Path:
    """Where the project's sockets are while it runs."""
    return runtime_parent(environ) / slug(project)


def lock_file(project: str, environ: Mapping[str, str]) -> Path:
    """What the project's supervisor holds locked."""
    return runtime_parent(environ) / f"{slug(project)}.lock"


def state_parent(environ: Mapping[str, str]) -> Path:
    """The directory of all state directories: `$XDG_STATE_HOME/orchestrator`, else `~/.local/state/…`."""
    base = environ.get("XDG_STATE_HOME")
    if base and Path(base).is_absolute():
        shared = base == environ.get("XDG_RUNTIME_DIR")  # whose part of it goes with the run
        return Path(base) / ("orchestrator-state" if shared else "orchestrator")
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if home and Path(home).is_absolute():
        return Path(home) / ".local" / "state" / "orchestrator"
    user = os.getuid() if hasattr(os, "getuid") else environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"orchestrator-state-{user}"


def log_file(state_dir: Path, unit: str) -> Path:
    """Where the output of a unit is."""
    return state_dir / LOGS / f"{unit}.jsonl"


def state_dir(project: str, environ: Mapping[str, str]) -> Path:
    """Where the project's journal and logs are; they outlive the run."""
    return state_parent(environ) / slug(project)
