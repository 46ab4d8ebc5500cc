"""The run's own directory: control socket, ipc sockets, connection files. 0700, short, gone at the end.

Its lock file is held by descriptor for as long as the supervisor lives, so that the left-overs of a killed
one can be told from a running one and cleaned away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.errors import RunError

LOCK = "lock"
_MAX_PARENT: Final = 66
"""Bytes. An ipc path has 107 (unix(7)): what is left is for the run's name (29) and a socket's."""


class RunDir:
    """A directory that exists as long as the object is open."""

    def __init__(self, path: Path, lock: int | None) -> None:
        self.path = path
        self._lock = lock

    def close(self) -> None:
        """Remove the directory with all it holds. Idempotent."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def make(topology: str, environ: dict[str, str] | os._Environ[str]) -> RunDir:
    """A fresh directory for one run of `topology`; first removes what killed supervisors left behind.

    Raises RunError when no directory can be made, or the parent belongs to somebody else.
    """
    parent = _parent(environ)
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(parent)
        _sweep(parent)
        while (made := _claim(tempfile.mkdtemp(prefix=f"{topology[:20]}-", dir=parent))) is None:
            pass  # another run's sweep took it for a left-over before it was locked
        return made
    except OSError as error:
        raise RunError(
            f"no run directory can be made under {parent}: {error.strerror}",
            "set XDG_RUNTIME_DIR to a directory that you own and can write",
        ) from error


def _claim(directory: str) -> RunDir | None:
    path = Path(directory)
    try:
        lock = _lock(path / LOCK)
    except (BlockingIOError, FileNotFoundError):
        return None
    if path.exists():
        return RunDir(path, lock)
    if lock is not None:
        os.close(lock)
    return None


def _parent(environ: dict[str, str] | os._Environ[str]) -> Path:
    """The first place that is short enough; if none is, the last."""
    for parent in _candidates(environ):
        if len(os.fsencode(parent)) <= _MAX_PARENT or os.name != "posix":
            break
    return parent


def _candidates(environ: dict[str, str] | os._Environ[str]) -> Iterator[Path]:
    base = environ.get("XDG_RUNTIME_DIR")
    if base and Path(base).is_dir() and os.access(base, os.W_OK):
        yield Path(base) / "orchestrator"
    user = os.getuid() if hasattr(os, "getuid") else environ.get("USERNAME", "user")
    yield Path(tempfile.gettempdir()) / f"orchestrator-{user}"
    yield Path("/tmp") / f"orchestrator-{user}"


def _check_owner(parent: Path) -> None:
    if not hasattr(os, "getuid"):
        return
    found = parent.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise RunError(
            f"{parent} belongs to another user",
            "remove it, or set XDG_RUNTIME_DIR to a directory of your own",
        )
    if found.st_mode & 0o077:
        parent.chmod(0o700)


def _lock(path: Path) -> int | None:
    try:
        import fcntl
    except ImportError:  # no such locks on this platform: left-overs are not swept there
        return None
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _sweep(parent: Path) -> None:
    """Remove the directories whose supervisor is gone: their lock can be had."""
    try:
        import fcntl
    except ImportError:
        return
    for entry in parent.iterdir():
        with contextlib.suppress(OSError):
            descriptor = os.open(entry / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(entry, ignore_errors=True)
            finally:
                os.close(descriptor)
