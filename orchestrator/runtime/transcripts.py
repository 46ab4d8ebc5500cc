"""What each process has written: whole lines, and the last of them for when it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.runtime.lines import Chunk, Lines, Tail
from orchestrator.vocabulary import Stream

SHOWN_LINES: Final = 10
"""Lines of a failed unit's output that go with its failure."""


@dataclass(slots=True)
class _Written:
    attempt: int
    streams: dict[Stream, Lines]
    tail: Tail


class Transcripts:
    """One per run; each unit has that of its latest process."""

    def __init__(self) -> None:
        self._written: dict[str, _Written] = {}

    def begin(self, unit: str, attempt: int) -> None:
        """A new process: nothing is written yet."""
        self._written[unit] = _Written(attempt, {stream: Lines() for stream in Stream}, Tail())

    def add(self, unit: str, attempt: int, stream: Stream, data: bytes) -> list[Chunk]:
        """The lines that `data` completes. A predecessor's late word comes out at once, and is not kept."""
        written = self._written.get(unit)
        if written is None or written.attempt != attempt:
            lines = Lines()
            return [*lines.feed(data), *lines.end()]
        return self._keep(written, written.streams[stream].feed(data))

    def end(self, unit: str, attempt: int) -> list[tuple[Stream, Chunk]]:
        """The process is gone: what it wrote after its last newline."""
        written = self._written.get(unit)
        if written is None or written.attempt != attempt:
            return []
        return [
            (stream, chunk)
            for stream, lines in written.streams.items()
            for chunk in self._keep(written, lines.end())
        ]

    def tail(self, unit: str, attempt: int) -> tuple[str, ...]:
        """The last lines of that process, while it is the unit's latest."""
        written = self._written.get(unit)
        return () if written is None or written.attempt != attempt else written.tail.lines()

    @staticmethod
    def _keep(written: _Written, chunks: list[Chunk]) -> list[Chunk]:
        for chunk in chunks:
            written.tail.add(chunk)
        return chunks
