"""What a process writes while nobody reads: kept in files of bounded size, the newest of it. In the zygote.

Writing never waits for anybody and never fails: what finds no room is counted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

CHUNK: Final = 1 << 16
"""Bytes read from a stream at once."""
SEGMENT: Final = 4 << 20
"""Bytes of one file. A stream has two, so that at least this much of its newest output is kept."""


class Spool:
    """Of one stream. Files are made when there is something to write."""

    def __init__(self, path: str, segment: int = SEGMENT) -> None:
        self._path = path
        self._segment = segment
        self._sizes: list[int] = []
        """Of the files, in order; the last one is written to."""
        self._first = 0
        """The number of the first of them."""
        self.lost = 0
        """Bytes that are no longer, or never were, in a file."""

    @property
    def files(self) -> tuple[str, ...]:
        """In the order in which they are to be read."""
        return tuple(self._name(index) for index in range(len(self._sizes)))

    def write(self, data: bytes) -> None:
        """Keep the data, and let go of the oldest where that is too much."""
        try:
            if not self._sizes or self._sizes[-1] + len(data) > self._segment:
                self._open_next()
            self._append(data)
        except OSError:  # no room on the disk, no directory any more
            self.lost += len(data)

    def clear(self) -> None:
        """It has been read, or nobody will."""
        for name in self.files:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108  the zygote has no pathlib
        self._first += len(self._sizes)
        self._sizes.clear()
        self.lost = 0

    def _name(self, index: int) -> str:
        return f"{self._path}.{self._first + index}"

    def _open_next(self) -> None:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
        if len(self._sizes) == 2:
            with suppress(OSError):
                os.unlink(self._name(0))  # noqa: PTH108
            self.lost += self._sizes.pop(0)
            self._first += 1
        self._sizes.append(0)

    def _append(self, data: bytes) -> None:
        fd = os.open(
            self._name(len(self._sizes) - 1), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        try:
            written = os.write(fd, data)
        finally:
            os.close(fd)
        self._sizes[-1] += written
        self.lost += len(data) - written
