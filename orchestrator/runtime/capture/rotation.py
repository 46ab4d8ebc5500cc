"""A file of JSON lines that stays small: `x.jsonl`, and older ones as `x.jsonl.1`, `x.jsonl.2`, …

Whole lines only: what a full disk or a killed process leaves torn is cut off. One process writes at a time.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

_FIRST_TIME: Final = re.compile(rb'\{(?:"version":\d+,)?"time":"([^"]{20,32})"')
_BLOCK: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a file is set aside for a new one, and how many there are: `logs` of the language."""

    max_size: int
    """Bytes."""
    max_files: int
    """With the one that is written."""
    max_age_s: float
    """Of its first line."""


class WriteFailed(Exception):  # noqa: N818 - told as an event, not as an error of ours
    """Some lines could not be written. `lost`: how many; `error`: why."""

    def __init__(self, lost: int, error: OSError) -> None:
        super().__init__(lost, error)
        self.lost = lost
        self.error = error
        self.reason = error.strerror or str(error)


class RotatingFile:
    """Appends whole lines. Opened at the first write, with its directory (0700) made if need be."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self._limits = limits
        self._descriptor: int | None = None
        self._size = 0
        self._began = 0.0

    def write(self, data: bytes, now: float) -> None:
        """Append lines, each with its newline; `now` in seconds since the epoch.

        Raises WriteFailed, after which the file ends with the last whole line that it took.
        """
        done = 0
        try:
            descriptor = self._ready(len(data), now)
            while done < len(data):
                done += os.write(descriptor, data[done:] if done else data)
            self._size += done
        except OSError as error:
            kept = data.rfind(b"\n", 0, done) + 1
            self._cut(self._size + kept)
            raise WriteFailed(data.count(b"\n", kept), error) from error

    def close(self) -> None:
        """Close the file; the next write opens it again."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with contextlib.suppress(OSError):  # a late error of a network file system; nothing is left to do
                os.close(descriptor)

    def _ready(self, size: int, now: float) -> int:
        descriptor = self._descriptor if self._descriptor is not None else self._open(now)
        if os.fstat(descriptor).st_nlink == 0:  # somebody has removed the file
            self.close()
            descriptor = self._open(now)
        full = self._size + size > self._limits.max_size or now - self._began > self._limits.max_age_s
        if self._size == 0:
            self._began = now
        elif full:
            self.close()
            self._shift()
            descriptor = self._open(now)
        return descriptor

    def _open(self, now: float) -> int:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self.path, flags, 0o600)
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._began = now
        if self._size:
            self._mend(descriptor)
            self._began = _first_time(descriptor) or now
        return descriptor

    def _mend(self, descriptor: int) -> None:
        """Cut off a line that was being written when its writer was killed."""
        at = self._size
        while at > 0:
            begin = max(0, at - _BLOCK)
            newline = os.pread(descriptor, at - begin, begin).rfind(b"\n")
            if newline >= 0:
                at = begin + newline + 1
                break
            at = begin
        if at != self._size:
            os.ftruncate(descriptor, at)
            self._size = at

    def _cut(self, size: int) -> None:
        if self._descriptor is None:
            return
        try:
            os.ftruncate(self._descriptor, size)
            self._size = size
        except OSError:  # then opening it again finds out how it ends
            self.close()

    def _shift(self) -> None:
        """x.jsonl becomes x.jsonl.1, and so on; what is too old goes."""
        for number, path in sorted(set_aside(self.path), reverse=True):
            if number >= self._limits.max_files - 1:
                path.unlink(missing_ok=True)
            else:
                path.rename(numbered(self.path, number + 1))
        if self._limits.max_files > 1:
            self.path.rename(numbered(self.path, 1))
        else:
            self.path.unlink()


class WholeFile:
    """A small file that is replaced at each write, and never found half written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = b""
        """What it is to hold. May be set by any thread."""

    def write(self, data: bytes, now: float) -> None:
        """Write the content; what is given is of no account. Raises WriteFailed, of which no line is lost."""
        del data, now
        fresh = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_bytes(self.content)
            fresh.replace(self.path)
        except OSError as error:
            raise WriteFailed(0, error) from error

    def close(self) -> None:
        """Nothing is held open."""


def numbered(path: Path, number: int) -> Path:
    """The name of an older file; 0 is the one that is written."""
    return path.with_name(f"{path.name}.{number}") if number else path


def set_aside(path: Path) -> list[tuple[int, Path]]:
    """The older files that are there, each with its number."""
    found = []
    for other in path.parent.glob(f"{path.name}.*"):
        suffix = other.name[len(path.name) + 1 :]
        if suffix.isascii() and suffix.isdigit() and suffix[0] != "0":
            found.append((int(suffix), other))
    return found


def _first_time(descriptor: int) -> float | None:
    found = _FIRST_TIME.match(os.pread(descriptor, 80, 0))
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1].decode()).timestamp()
    except ValueError:
        return None
