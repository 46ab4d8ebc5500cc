"""A project and its run directory, held for as long as its supervisor lives.

The directory is 0700 and short; control socket, API socket and ipc sockets of nodes are in it. The lock file
lies beside it and is held by descriptor, so that a killed supervisor's hold ends with its process: left-overs
can be told from a running one, and are never in the way. The shared memory of a run's nodes goes with its
directory.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import RunError
from orchestrator.projects import kept, places
from orchestrator.projects.record import Record, birth, decode
from orchestrator.transport.shared.place import are_there_any

_PATIENCE_S: Final = 0.1
"""How long a lock that somebody only looks at may be taken for held."""
_PAUSE_S: Final = 0.005
_MAX_RECORD: Final = 1 << 16


class ProjectHeldError(RunError):
    """Another supervisor runs this project."""

    def __init__(self, project: str, holder: Record | None) -> None:
        who = "another supervisor" if holder is None else _told(holder)
        super().__init__(
            f"{project} runs already: {who}",
            f"stop it with `orchestrator down {project}`, look at it with `orchestrator ps {project}`, "
            "or give this run a name of its own: --project NAME",
        )
        self.holder = holder


def _told(holder: Record) -> str:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.since))
    return f"process {holder.pid} holds it since {since} ({holder.file})"


class RunDir:
    """A held project and its directory."""

    def __init__(self, path: Path, lock: Path, descriptor: int | None, record: Record) -> None:
        self.path = path
        self.record = record
        self.leftover: Record | None = None
        """Who held the project before and did not clean up: it was killed."""
        self.inherited = False
        """Whether nodes of the one before still run. Then the directory is as it was left."""
        self._lock = lock
        self._descriptor = descriptor
        self._left = False

    def note(self, **facts: Any) -> None:
        """Change what the lock file tells about this run."""
        self.record = replace(self.record, **facts)
        if self._descriptor is not None:
            _write(self._descriptor, self.record)

    def leave(self) -> None:
        """Let the project go as it was found: its nodes go on. `close` does nothing any more. Idempotent."""
        self._left = True
        if self._descriptor is not None:
            if self.leftover is not None:
                _write(self._descriptor, self.leftover)
            os.close(self._descriptor)
            self._descriptor = None

    def clear(self) -> None:
        """Make the directory empty: what was inherited has ended by itself. Raises OSError."""
        shutil.rmtree(self.path)
        _free_memory(self.path)
        self.path.mkdir(mode=0o700)
        self.inherited = False

    def close(self) -> None:
        """Remove the directory with all it holds, and let the project go. Idempotent."""
        if self._left:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        _free_memory(self.path)
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                self._lock.unlink()
            os.close(self._descriptor)
            self._descriptor = None


def hold(
    project: str,
    environ: Mapping[str, str],
    *,
    topology: str,
    file: str = "-",
    ephemeral: bool = False,
    keep: bool = False,
) -> RunDir:
    """Take a project and make its run directory, empty; one in which nodes were kept, and still run, is left
    as it is (`RunDir.inherited`).

    Raises ProjectHeldError when another supervisor has it, UsageError for a name that cannot be, and RunError
    when no directory can be made or the parent belongs to somebody else.
    """
    places.check_name(project)
    path, lock = places.run_dir(project, environ), places.lock_file(project, environ)
    record = Record(
        project=project,
        topology=topology,
        file=file,
        pid=os.getpid(),
        born=birth(os.getpid()),
        since=time.time(),
        ephemeral=ephemeral,
        keep=keep,
    )
    try:
        _make_parent(path.parent)
        _sweep(path.parent)
        descriptor = _lock(lock, project)
        before = None if descriptor is None else _read(descriptor)
        made = RunDir(path, lock, descriptor, record)
        if path.exists():
            made.leftover = before
            made.inherited = before is not None and before.keep and kept.waits(path)
            if not made.inherited:
                shutil.rmtree(path)
        if not made.inherited:
            _free_memory(path)
            path.mkdir(mode=0o700)
        made.note()
        return made
    except OSError as error:
        raise RunError(
            f"no run directory can be made under {path.parent}: {error.strerror}",
            "set XDG_RUNTIME_DIR to a directory that you own and can write",
        ) from error


def _make_parent(parent: Path) -> None:
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def _lock(path: Path, project: str) -> int | None:
    """A descriptor that holds the lock; None where the platform has no such locks."""
    try:
        import fcntl
    except ImportError:
        return None
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
            os.close(descriptor)  # its holder removed it between the two calls
        except BlockingIOError:
            holder = _read(descriptor)
            os.close(descriptor)
            if time.monotonic() > deadline:
                raise ProjectHeldError(project, holder) from None
            time.sleep(_PAUSE_S)
        except OSError:
            os.close(descriptor)
            raise


def _is_at(descriptor: int, path: Path) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)


def _read(descriptor: int) -> Record | None:
    return decode(os.pread(descriptor, _MAX_RECORD, 0))


def _write(descriptor: int, record: Record) -> None:
    data = record.encode()
    os.pwrite(descriptor, data, 0)
    os.ftruncate(descriptor, len(data))


def holder(lock: Path) -> tuple[Record | None, bool]:
    """What a lock file tells, and whether a supervisor holds it now.

    Raises FileNotFoundError when there is none.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        return _read(descriptor), _is_held(descriptor)
    finally:
        os.close(descriptor)


def is_held(lock: Path) -> bool:
    """Whether a supervisor holds the project whose lock file this is, now."""
    try:
        return holder(lock)[1]
    except OSError:
        return False


def _is_held(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:
        record = _read(descriptor)
        return record is not None and birth(record.pid) == record.born
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _free_memory(run_dir: Path) -> None:
    """Remove what is left of the shared memory of a run, and of others whose processes are all dead."""
    if are_there_any():
        from orchestrator.transport.shared.cleaning import remove_group, sweep

        remove_group(str(run_dir))
        sweep()


def _sweep(parent: Path) -> None:
    """Remove what killed supervisors left of projects whose names were made up: nobody will ask for them."""
    for lock in parent.glob("*.lock"):
        with contextlib.suppress(OSError):
            record, held = holder(lock)
            if record is not None and record.ephemeral and not held:
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()
