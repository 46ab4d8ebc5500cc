"""The messages of a command line: words, `-` for the lines of standard input, `@FILE` for those of a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator.errors import UsageError


def messages(words: Iterable[str], *, binary: bool = False) -> Iterator[bytes | str]:
    """One message after the other, as they are read. `@@` at the beginning stands for one `@`.

    `binary`: the words are hexadecimal digits. Raises UsageError.
    """
    for word in words:
        if word == "-":
            yield from _each(sys.stdin.buffer, binary)
        elif word.startswith("@") and not word.startswith("@@"):
            path = Path(word[1:])
            try:
                with path.open("rb") as stream:
                    yield from _each(stream, binary)
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}") from error
        else:
            yield _one(word.removeprefix("@") if word.startswith("@@") else word, binary)


def _each(lines: Iterable[bytes], binary: bool) -> Iterator[bytes | str]:
    for line in lines:
        yield _one(line.rstrip(b"\r\n").decode("utf-8", "surrogateescape"), binary)


def _one(word: str, binary: bool) -> bytes | str:
    if not binary:
        return word
    try:
        return bytes.fromhex(word.removeprefix("0x"))
    except ValueError as error:
        raise UsageError(
            f"--hex: {word[:60]!r} is no sequence of hexadecimal digits", "for example 00ff10"
        ) from error
