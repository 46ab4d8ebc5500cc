"""Where pools are, and the file of one: opened, locked, mapped, and let go of in a forked child.

Linux: a tmpfs at /dev/shm and open file description locks (fcntl(2)) are needed. Where there are none,
`available` says why, and messages go through their sockets.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import stat
import struct
import weakref
from typing import Any, Final

from orchestrator.transport.shared.layout import PAGE, file_name
from orchestrator.transport.shared.place import PARENT

_FLOCK: Final = struct.Struct("@hhqqi4x")
"""struct flock of fcntl(2), whose process id must be 0 for these locks."""


_ATTEMPTS: Final = 3


class SharedError(Exception):
    """A pool that cannot be made, opened, or read; the text says why."""


def unavailable(parent: str = PARENT) -> str | None:
    """Why there is no shared memory here; None where there is."""
    try:
        import fcntl
    except ImportError:
        return "this system has no fcntl"
    if not hasattr(fcntl, "F_OFD_SETLK") or not hasattr(os, "posix_fallocate"):
        return "this system has no open file description locks"
    if not os.access(parent, os.W_OK | os.X_OK):
        return f"{parent} cannot be written"
    return None


def group_of(run_dir: str) -> int:
    """The number of a run's group, made from its directory."""
    return int.from_bytes(hashlib.blake2s(os.fsencode(run_dir), digest_size=8).digest(), "little")


def path_of(group: int, pool: int, root: str) -> str:
    return f"{root}/{file_name(group)}/{file_name(pool)}"


class PoolFile:
    """An open pool. Its locks live as long as this object, or the process."""

    def __init__(self, descriptor: int, size: int) -> None:
        """`descriptor` is the caller's to close. The mapping duplicates it, also for forked children, where
        it cannot be closed: the locks are held by another one."""
        self.memory = mmap.mmap(descriptor, size)
        self.fd = descriptor = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_CLOEXEC)
        self.inherited = False
        """Whether this is a forked child's copy, which must not touch what the parent shares."""
        self._close = weakref.finalize(self, _close, descriptor)
        _open.add(self)

    def words(self, count_bytes: int) -> memoryview:
        """The beginning of the file as numbers of 64 bits."""
        return memoryview(self.memory)[:count_bytes].cast("Q")

    def back(self, offset: int, size: int) -> bool:
        """Have memory behind a part of the file; False where there is no room. Without it, a write to a full
        tmpfs ends the process (SIGBUS, mmap(2))."""
        try:
            os.posix_fallocate(self.fd, offset, size)
        except OSError:
            return False
        return True

    def lock(self, byte: int) -> bool:
        """Lock a byte of the file, if nobody else has."""
        import fcntl

        try:
            fcntl.fcntl(self.fd, fcntl.F_OFD_SETLK, _flock(fcntl.F_WRLCK, byte))
        except (BlockingIOError, PermissionError):
            return False
        return True

    def unlock(self, byte: int) -> None:
        import fcntl

        fcntl.fcntl(self.fd, fcntl.F_OFD_SETLK, _flock(fcntl.F_UNLCK, byte))

    def is_locked(self, byte: int, count: int = 1) -> bool:
        """Whether somebody else holds one of the bytes."""
        import fcntl

        found = fcntl.fcntl(self.fd, fcntl.F_OFD_GETLK, _flock(fcntl.F_WRLCK, byte, count))
        return bool(_FLOCK.unpack(found)[0] != fcntl.F_UNLCK)

    def close(self) -> None:
        """Let the locks go. The mapping stays as long as somebody looks at it."""
        self._close()


def create(group: int, pool: int, size: int, root: str) -> PoolFile:
    """A new file of `size` bytes, which only this user can open. Raises SharedError."""
    path = path_of(group, pool, root)
    try:
        descriptor = _create(path, root)
    except OSError as error:
        raise SharedError(f"{path} cannot be made: {error.strerror}") from error
    try:
        os.ftruncate(descriptor, size)
        return PoolFile(descriptor, size)
    except OSError as error:
        remove(path)
        raise SharedError(f"{path} cannot be mapped: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _create(path: str, root: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(_ATTEMPTS):
        _own_directory(root)
        _own_directory(os.path.dirname(path))  # noqa: PTH120 - no pathlib in node processes
        with contextlib.suppress(FileNotFoundError):  # somebody removed the directory, empty as it was
            return os.open(path, flags, 0o600)
    return os.open(path, flags, 0o600)


def open_file(path: str) -> PoolFile:
    """An existing one. Raises SharedError: it is gone, of another user, or too short for a head."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise SharedError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_size < PAGE:
            raise SharedError(f"{path} is no pool of this user's")
        return PoolFile(descriptor, found.st_size)
    except (OSError, ValueError) as error:
        raise SharedError(f"{path}: {error}") from error
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Take a pool's name away, and its directory when it was the last there. Never raises."""
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108
    with contextlib.suppress(OSError):  # another one is in it
        os.rmdir(os.path.dirname(path))  # noqa: PTH106, PTH120


def _own_directory(path: str) -> None:
    """Make a directory of this user's alone. Raises OSError when it is somebody else's."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)  # noqa: PTH102
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(1, "it belongs to another user", path)
    if found.st_mode & 0o077:
        os.chmod(path, 0o700)  # noqa: PTH101


def _flock(kind: int, byte: int, count: int = 1) -> bytes:
    return _FLOCK.pack(kind, os.SEEK_SET, byte, count, 0)


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)


_open: weakref.WeakSet[Any] = weakref.WeakSet()


def _forget() -> None:
    """In a forked child: its copies of the descriptors would keep the locks of a parent that is dead."""
    for file in list(_open):
        file.inherited = True
        file.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
