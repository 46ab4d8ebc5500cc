"""Which of some files have changed since one last looked: in what they hold, not in their times alone."""

from __future__ import annotations

import os
from collections.abc import Collection
from hashlib import blake2b
from typing import Final

from orchestrator.app.watch import Stamp, stamp

_LARGEST: Final = 4_000_000
"""Bytes. What is larger has changed when its time has: an executable is not worth reading."""


class Files:
    """The files, as they were. May be used by one thread at a time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, bytes]] = {}

    def watch(self, paths: Collection[str]) -> None:
        """Look at these from now on, and at no others. Those that are new are known as they are now."""
        self._known = {path: self._known.get(path) or _seen(path) for path in paths}

    def changed(self) -> set[str]:
        """Those that hold something else than when they were looked at last.

        One that is missing has not changed: editors write a file anew and give it the name of the old one.
        """
        found = set()
        for path, (before, held) in self._known.items():
            now = stamp(path)
            if now is None or now == before:
                continue
            _, holds = self._known[path] = _seen(path)
            if holds != held or not held:
                found.add(path)
        return found

    def forget(self, paths: Collection[str]) -> None:
        """Count these as changed once they are written, whatever they hold then."""
        for path in paths:
            if path in self._known:
                self._known[path] = self._known[path][0], b""


def _seen(path: str) -> tuple[Stamp, bytes]:
    now = stamp(path)
    try:
        if os.path.getsize(path) > _LARGEST:  # noqa: PTH202
            return now, b""
        with open(path, "rb") as stream:  # noqa: PTH123
            return now, blake2b(stream.read(), digest_size=16).digest()
    except OSError:
        return now, b""
