"""Bytes that processes write, as lines. Bounded in every direction; nothing is lost, only cut into pieces.

Most of what is written is only stored. So lines stay together in chunks, and become texts of their own for
those who ask: a chunk of many lines costs as much as one of few.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

MAX_LINE: Final = 16 * 1024
"""Bytes; a longer line comes out in pieces of this size."""
TAIL: Final = 20
"""Lines kept of every process, to be shown when it fails."""
_CONTINUATION: Final = 0b1000_0000
"""The top two bits of a byte that is not the first of its character (RFC 3629, 3)."""


class Chunk(NamedTuple):
    """What one stream of one process wrote, in order: whole lines, or a piece of a long one."""

    data: bytes
    """Lines, every one with its newline and none longer than MAX_LINE; or a piece, without a newline."""
    continued: bool = False
    """It is a piece, and the line goes on in the next chunk."""

    def texts(self) -> list[str]:
        """The lines without their ends. Invalid UTF-8 becomes U+FFFD."""
        if self.continued:
            return [_text(self.data)]
        return [_text(line) for line in self.data[:-1].split(b"\n")]


class Lines:
    """Cuts one stream of one process into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Chunk]:
        """The lines that are complete by now."""
        if self._rest:
            data = self._rest + data
        end = data.rfind(b"\n") + 1
        found = _cut(data, end) if end else []
        at = end
        while len(data) - at > MAX_LINE:
            cut = _piece_end(data, at)
            found.append(Chunk(data[at:cut], continued=True))
            at = cut
        self._rest = data[at:]
        return found

    def end(self) -> list[Chunk]:
        """What was written after the last newline."""
        rest, self._rest = self._rest, b""
        return [Chunk(rest + b"\n")] if rest else []


def _cut(data: bytes, end: int) -> list[Chunk]:
    """The lines before `end`, where one ends: together, but for pieces of those that are too long."""
    found: list[Chunk] = []
    begin = at = 0
    while at < end:
        last = data.rfind(b"\n", at, at + MAX_LINE + 1)
        if 0 <= last < end:
            at = last + 1
            continue
        if begin < at:
            found.append(Chunk(data[begin:at]))
        begin = _piece_end(data, at)
        found.append(Chunk(data[at:begin], continued=True))
        at = begin
    if begin < end:
        found.append(Chunk(data[begin:end]))
    return found


def _piece_end(data: bytes, at: int) -> int:
    """Where the piece that begins at `at` ends: after MAX_LINE bytes or just before, between characters."""
    cut = at + MAX_LINE
    for end in range(cut, cut - 4, -1):
        if data[end] >> 6 << 6 != _CONTINUATION:
            return end
    return cut


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")


class Tail:
    """The last lines of one process, both streams together, in the order they came."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=TAIL)

    def add(self, chunk: Chunk) -> None:
        """Remember the last lines of a chunk."""
        if chunk.continued:
            self._lines.append(chunk.data)
        else:
            self._lines.extend(chunk.data[:-1].rsplit(b"\n", TAIL)[-TAIL:])

    def lines(self) -> tuple[str, ...]:
        """Their texts."""
        return tuple(map(_text, self._lines))
