"""Bytes to text: one file read, decoded and looked over. The only I/O of reading."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Final

from orchestrator.diagnostics import Diagnostic
from orchestrator.source.codes import NOT_TEXT, UNREADABLE
from orchestrator.source.findings import error
from orchestrator.source.lines import position
from orchestrator.span import Span

MAX_BYTES: Final = 32 * 1024 * 1024
"""A topology of a thousand nodes has half a megabyte."""

_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.2.2 §5.1, c-printable, negated."""


@dataclass(frozen=True, slots=True)
class FileText:
    """A file's text, or the reason why there is none."""

    text: str
    diagnostic: Diagnostic | None = None


def read_text(file: str, instead: Mapping[str, str] | None = None) -> FileText:
    """The text of a UTF-8 file, its byte order mark removed.

    `instead`: real path -> what is to be read in the place of that file's content.
    """
    if instead:
        text = instead.get(os.path.realpath(file))
        if text is not None:
            return look_over(text, file)
    at = Span(file, 1, 1, 1, 1)
    try:
        size = os.stat(file).st_size  # noqa: PTH116 - one call, no object
        if size > MAX_BYTES:
            return _refuse(
                f"`{file}` has {size:,} bytes",
                at,
                f"a topology may have {MAX_BYTES:,}; is this the right file?",
            )
        data = FilePath(file).read_bytes()
    except FileNotFoundError:
        return _refuse(
            f"there is no file `{file}`", at, "check the path; relative ones start in the current directory"
        )
    except IsADirectoryError:
        return _refuse(f"`{file}` is a directory", at, "name the topology file in it")
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else str(cause)
        return _refuse(f"`{file}` can't be read: {reason}", at, "check the path and its permissions")
    return decode(data, file)


def decode(data: bytes, file: str) -> FileText:
    """Bytes to text, with the place of what is no text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        return _not_utf8(data, cause, file)
    return look_over(text, file)


def look_over(text: str, file: str) -> FileText:
    """Refuse control characters, which no YAML may hold."""
    text = text.removeprefix("\ufeff")
    found = _UNPRINTABLE.search(text)
    if found is None:
        return FileText(text)
    line, column = position(text, found.start())
    span = Span(file, line, column, line, column + 1)
    message = f"`{file}` holds the control character U+{ord(found.group()):04X}"
    return FileText(
        text, error(NOT_TEXT, message, span, help="remove it; in double quotes it can be written `\\xNN`")
    )


def _not_utf8(data: bytes, cause: UnicodeDecodeError, file: str) -> FileText:
    before = data[: cause.start].decode("utf-8-sig", "replace")
    line, column = position(before, len(before))
    span = Span(file, line, column, line, column + 1)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return FileText("", error(NOT_TEXT, f"`{file}` is UTF-16", span, help="save it as UTF-8"))
    if b"\0" in data[:4096]:
        return FileText(
            "", error(NOT_TEXT, f"`{file}` is no text file", span, help="a topology is YAML text in UTF-8")
        )
    message = f"`{file}` is not UTF-8: byte 0x{data[cause.start]:02X} does not belong here"
    return FileText(
        data.decode("utf-8-sig", "replace"), error(NOT_TEXT, message, span, help="save it as UTF-8")
    )


def _refuse(message: str, span: Span, remedy: str) -> FileText:
    return FileText("", error(UNREADABLE, message, span, help=remedy))
