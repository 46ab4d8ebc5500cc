"""Changed texts to files, or to a diff. A file is replaced as a whole, or it stays as it is."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

from orchestrator.errors import UsageError

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
"""Lines as `patch` and `git apply` count them."""
_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A text that is to become another."""

    file: str
    """As the findings name it; `-` for standard input."""
    before: str
    """Without its byte order mark, as it was read."""
    after: str


def diff(change: Change, raw: str) -> Iterator[str]:
    """The lines of a unified diff, each with its end; `patch -p0` and `git apply -p0` take it.

    `raw`: `before` as it stands there, with a byte order mark if it has one.
    """
    mark = raw.removesuffix(change.before)
    name = f"{change.file}\t" if " " in change.file else change.file  # the tab ends it, as with GNU diff
    old, new = (_LINE.findall(mark + text) for text in (change.before, change.after))
    for line in unified_diff(old, new, name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def rewrite(changes: Iterable[Change]) -> None:
    """Write every file. All are looked at, and their new texts written beside them, before one is replaced.

    Links are followed; mode and byte order mark stay. Raises UsageError for a file that is read-only, or
    that does not hold `before` any more.
    """
    ready = [(change.file, *_prepared(change)) for change in changes]
    written: list[tuple[str, str, str]] = []
    try:
        for file, real, data in ready:
            written.append((file, real, _beside(file, real, data)))
        while written:
            file, real, temporary = written[0]
            with _refusing(file):
                os.replace(temporary, real)  # noqa: PTH105
            written.pop(0)
    finally:
        for _, _, temporary in written:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


def _prepared(change: Change) -> tuple[str, bytes]:
    """The file behind all links, and what it is to hold."""
    real = os.path.realpath(change.file)
    with _refusing(change.file):
        with open(real, "rb") as stream:  # noqa: PTH123
            data = stream.read()
        mode = os.stat(real).st_mode  # noqa: PTH116
    # root may write what is marked read-only; the mark is meant all the same
    if not mode & _WRITABLE or not os.access(real, os.W_OK):
        raise UsageError(
            f"{change.file} is read-only, so no file is changed", f"make it writable: chmod u+w {change.file}"
        )
    before = change.before.encode("utf-8", "surrogateescape")
    mark = data[: len(data) - len(before)]
    if not data.endswith(before) or mark.replace(b"\xef\xbb\xbf", b""):
        raise UsageError(f"{change.file} has changed meanwhile, so no file is changed", "run it again")
    return real, mark + change.after.encode("utf-8", "surrogateescape")


def _beside(file: str, real: str, data: bytes) -> str:
    """A complete temporary file in the same directory, with the mode and the owner of the file."""
    with _refusing(file):
        number, temporary = tempfile.mkstemp(prefix=".orchestrator-", dir=os.path.dirname(real))  # noqa: PTH120
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(number)
            now = os.stat(real)  # noqa: PTH116
            if hasattr(os, "chown"):
                with contextlib.suppress(
                    PermissionError
                ):  # a member of its group may write it, not give it away
                    os.chown(temporary, now.st_uid, now.st_gid)
            os.chmod(temporary, stat.S_IMODE(now.st_mode))  # noqa: PTH101
        except BaseException:  # Ctrl-C as well: no half-written file is left lying about
            os.unlink(temporary)  # noqa: PTH108
            raise
    return temporary


@contextlib.contextmanager
def _refusing(file: str) -> Iterator[None]:
    """An OSError as a UsageError that names the file."""
    try:
        yield
    except OSError as failure:
        raise UsageError(
            f"{file} can't be written: {failure.strerror or failure}",
            "check its permissions and its directory's",
        ) from failure
