"""Reading logs and journals back: from a time on, the last so many, and on as they grow.

Works on the files alone, while a topology runs and after its end. Nothing is loaded that is not asked for:
times are found by bisection, the last lines from the end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from orchestrator.runtime.capture.rotation import numbered, set_aside

_BLOCK: Final = 1 << 16
_TIME: Final = b'"time":"'
_TIME_WIDTH: Final = 27
"""Of `2026-11-21T12:34:56.123456Z`."""


@dataclass(frozen=True)
class Line:
    """One record of a file, read no further than its time until more is asked for."""

    raw: bytes
    """With its newline."""
    time: str

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Empty for a line that is damaged."""
        try:
            found: Any = json.loads(self.raw)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def parse(raw: bytes) -> Line | None:
    """A line of a file; None for what is none of ours."""
    at = raw.find(_TIME, 0, 40) + len(_TIME)
    time = raw[at : at + _TIME_WIDTH]
    if at < len(_TIME) or time[-1:] != b"Z" or raw[-2:] != b"}\n":
        return None
    return Line(raw, time.decode("ascii", "replace"))


class Opened:
    """One file of a log, held open: it may be renamed or removed meanwhile. `end`: how far it is read."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self._closed = False
        found = os.fstat(self._descriptor)
        self.identity = (found.st_dev, found.st_ino)
        self.end = found.st_size

    def close(self) -> None:
        """Let it go. Idempotent."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)

    def grow(self) -> None:
        """Move `end` to where the file ends by now."""
        self.end = os.fstat(self._descriptor).st_size

    def forward(self, begin: int = 0) -> Iterator[bytes]:
        """Whole lines from `begin` to `end`."""
        at, rest = begin, b""
        while at < self.end:
            data = os.pread(self._descriptor, min(_BLOCK, self.end - at), at)
            if not data:
                return
            at += len(data)
            whole, newline, rest = (rest + data).rpartition(b"\n")
            if newline:
                for line in whole.split(b"\n"):
                    yield line + b"\n"

    def backward(self) -> Iterator[bytes]:
        """Whole lines from `end` to the beginning, the last one first."""
        at, rest, whole = self.end, b"", False
        while at > 0:
            begin = max(0, at - _BLOCK)
            first, *lines = (os.pread(self._descriptor, at - begin, begin) + rest).split(b"\n")
            at, rest = begin, first
            if not lines:
                continue
            last = lines.pop()
            if whole:
                yield last + b"\n"
            whole = True
            for line in reversed(lines):
                yield line + b"\n"
        if whole:
            yield rest + b"\n"

    def whole_end(self) -> int:
        """Where the last whole line before `end` ends."""
        at = self.end
        while at > 0:
            begin = max(0, at - _BLOCK)
            newline = os.pread(self._descriptor, at - begin, begin).rfind(b"\n")
            if newline >= 0:
                return begin + newline + 1
            at = begin
        return 0

    def first_since(self, time: str) -> int:
        """Where the first line begins whose time is `time` or later; `end` if there is none."""
        low, high = 0, self.end
        while low < high:
            middle = (low + high) // 2
            begin, found = self._line_at(middle)
            if found is None or found.time >= time:
                high = middle
            else:
                low = begin + len(found.raw)
        return self._line_at(low)[0] if low else 0

    def _line_at(self, place: int) -> tuple[int, Line | None]:
        """The first line of ours that begins at `place` or after it, and where."""
        begin = place
        if place > 0:
            begin = self._after_newline(place - 1)
        while begin < self.end:
            after = self._after_newline(begin)
            found = parse(os.pread(self._descriptor, after - begin, begin))
            if found is not None:
                return begin, found
            begin = after
        return self.end, None

    def _after_newline(self, place: int) -> int:
        while place < self.end:
            data = os.pread(self._descriptor, min(_BLOCK, self.end - place), place)
            newline = data.find(b"\n")
            if newline >= 0:
                return place + newline + 1
            place += max(1, len(data))
        return self.end


class LogFiles:
    """A log: its files, oldest first, as they are now."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a file that is there and cannot be opened."""
        self.path = path
        self.files = _open_all(path)

    def close(self) -> None:
        for file in self.files:
            file.close()

    def since(self, time: str | None = None) -> Iterator[Line]:
        """Its lines, from a time on."""
        for file in self.files:
            begin = file.first_since(time) if time else 0
            for raw in file.forward(begin):
                if (line := parse(raw)) is not None:
                    yield line

    def backward(self) -> Iterator[Line]:
        """Its lines, the newest first."""
        for file in reversed(self.files):
            for raw in file.backward():
                if (line := parse(raw)) is not None:
                    yield line


def _open_all(path: Path) -> list[Opened]:
    """All files of a log, the oldest first, none twice.

    Opened from the newest on: a rotation meanwhile only makes a file older, and so none can be missed.
    """
    found: list[Opened] = []
    if not path.parent.is_dir():
        return found
    names = [path, *(other for _, other in sorted(set_aside(path)))]
    names.append(numbered(path, len(names)))  # what the oldest may be called after a rotation meanwhile
    for name in names:
        try:
            file = Opened(name)
        except FileNotFoundError:
            continue
        if any(file.identity == other.identity for other in found):
            file.close()
        else:
            found.append(file)
    return found[::-1]
