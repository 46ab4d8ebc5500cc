"""Reading a log on as it grows, through rotations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator.runtime.capture.reading import Line, LogFiles, Opened, parse


class Follower:
    """Reads what is appended to one log. `missed` becomes true when files went that were not read yet."""

    def __init__(self, path: Path, files: LogFiles | None = None) -> None:
        """From the end of `files` on, which stay open as long as this reads; else from the beginning."""
        self.path = path
        self.missed = False
        self._file: Opened | None = None
        self._at = 0
        """Up to where its lines have been read."""
        self._seen = -1
        """How long it was then."""
        if files is not None and files.files:
            self._file = files.files[-1]
            self._at, self._seen = self._file.whole_end(), self._file.end

    def poll(self) -> Iterator[Line]:
        """The lines that have been appended since the last time. Raises OSError for an unreadable file."""
        if self._file is not None:
            yield from self._rest(self._file)
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return
        if self._file is None:
            yield from self._newer(None)
        elif (found.st_dev, found.st_ino) != self._file.identity:
            yield from self._rest(self._file)  # what came before it was set aside
            yield from self._newer(self._file)

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _rest(self, file: Opened) -> Iterator[Line]:
        file.grow()
        if file.end == self._seen:
            return
        self._seen = file.end
        if file.end < self._at:  # somebody has emptied it
            self._at = 0
        begin, self._at = self._at, max(self._at, file.whole_end())
        for raw in file.forward(begin):
            if (line := parse(raw)) is not None:
                yield line

    def _newer(self, last: Opened | None) -> Iterator[Line]:
        """Everything in files that are newer than `last`."""
        files = LogFiles(self.path).files
        known = [number for number, file in enumerate(files) if last and file.identity == last.identity]
        if last is not None and not known and files:
            self.missed = True
        begin = known[0] + 1 if known else 0
        for file in files[:begin]:
            file.close()
        for file in files[begin:]:
            self.close()
            self._file, self._at, self._seen = file, 0, -1
            yield from self._rest(file)
