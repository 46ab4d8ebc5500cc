"""Removing pools that nobody uses any more: after a run, and after a crash.

A pool is used as long as somebody holds a lock in its file, and locks end with their processes. Its memory is
given back when its name is gone and the last process has unmapped it.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Final

from orchestrator.transport.shared.files import SharedError, group_of, open_file, path_of, remove
from orchestrator.transport.shared.layout import COLUMNS, LOCK_COLUMNS, LOCK_OWNER, file_name, is_file_name
from orchestrator.transport.shared.place import base

_YOUNG_S: Final = 5.0
"""A file that is younger may belong to a sender that has not locked it yet."""


def remove_group(run_dir: str, root: str | None = None) -> None:
    """A run is over: all its pools go. Never raises."""
    if not hasattr(os, "getuid"):
        return
    root = root or base()
    group = group_of(run_dir)
    directory = f"{root}/{file_name(group)}"
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):  # noqa: PTH208 - no pathlib in node processes
            if is_file_name(name):
                remove(path_of(group, int(name, 16), root))
    for empty in (directory, root):
        with contextlib.suppress(OSError):
            os.rmdir(empty)  # noqa: PTH106


def sweep(root: str | None = None, *, young_s: float = _YOUNG_S) -> list[str]:
    """Remove the pools whose senders and readers are all dead; says which. Never raises."""
    if not hasattr(os, "getuid"):
        return []
    root = root or base()
    removed: list[str] = []
    with contextlib.suppress(OSError):
        for group in filter(is_file_name, os.listdir(root)):  # noqa: PTH208
            removed += sweep_group(int(group, 16), root, young_s=young_s)
            with contextlib.suppress(OSError):  # it is not empty
                os.rmdir(f"{root}/{group}")  # noqa: PTH106
    with contextlib.suppress(OSError):
        os.rmdir(root)  # noqa: PTH106
    return removed


def sweep_group(group: int, root: str | None = None, *, young_s: float = _YOUNG_S) -> list[str]:
    """The same for the pools of one run: those of processes that were killed in the course of it."""
    directory = f"{root or base()}/{file_name(group)}"
    removed: list[str] = []
    with contextlib.suppress(OSError):
        for name in filter(is_file_name, os.listdir(directory)):  # noqa: PTH208
            path = f"{directory}/{name}"
            if _is_unused(path, young_s):
                remove(path)
                removed.append(path)
    return removed


def _is_unused(path: str, young_s: float) -> bool:
    try:
        file = open_file(path)
    except SharedError:
        return _is_torso(path, young_s)
    try:
        if time.time() - os.fstat(file.fd).st_ctime < young_s:
            return False
        return not file.is_locked(LOCK_OWNER) and not file.is_locked(LOCK_COLUMNS, COLUMNS)
    finally:
        file.close()


def _is_torso(path: str, young_s: float) -> bool:
    """A file of ours that never became a pool: its sender died while it made it."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return found.st_uid == os.getuid() and found.st_size == 0 and time.time() - found.st_ctime > young_s
