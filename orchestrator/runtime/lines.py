"""Bytes that processes write, as lines. Bounded in every direction; nothing is lost, only cut into pieces."""

from __future__ import annotations

from collections import deque
from typing import Final

MAX_LINE: Final = 16 * 1024
"""Bytes; a longer line comes out in pieces of this size."""
TAIL: Final = 20
"""Lines kept of every process, to be shown when it fails."""


class Lines:
    """Cuts one stream of one process into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete by now. Invalid UTF-8 becomes U+FFFD."""
        whole, newline, rest = (self._rest + data).rpartition(b"\n")
        found = [_text(piece) for line in whole.split(b"\n") for piece in _pieces(line)] if newline else []
        while len(rest) > MAX_LINE:
            found.append(_text(rest[:MAX_LINE]))
            rest = rest[MAX_LINE:]
        self._rest = rest
        return found

    def end(self) -> list[str]:
        """What was written after the last newline."""
        rest, self._rest = self._rest, b""
        return [_text(rest)] if rest else []


def _pieces(line: bytes) -> list[bytes]:
    if len(line) <= MAX_LINE:
        return [line]
    return [line[at : at + MAX_LINE] for at in range(0, len(line), MAX_LINE)]


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")


class Tail:
    """The last lines of one process, both streams together, in the order they came."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=TAIL)

    def add(self, line: str) -> None:
        self._lines.append(line)

    def lines(self) -> tuple[str, ...]:
        return tuple(self._lines)
