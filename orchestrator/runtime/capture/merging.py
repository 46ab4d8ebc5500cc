"""Several logs as one: their lines in the order of time, from the past and as they come."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from orchestrator.runtime.capture.following import Follower
from orchestrator.runtime.capture.reading import Line, LogFiles

Wanted: TypeAlias = Callable[[Line], bool]

_by_time = attrgetter("time")


class Merged:
    """Logs, as they are when this is made. Everything it does raises OSError for an unreadable file.

    Several lines of one microsecond keep the order of their files.
    """

    def __init__(self, logs: Mapping[str, Path]) -> None:
        self._past = {name: LogFiles(path) for name, path in logs.items()}
        self._followers = {name: Follower(log.path, log) for name, log in self._past.items()}

    def __enter__(self) -> Merged:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the files go. Idempotent."""
        for files in self._past.values():
            files.close()
        for follower in self._followers.values():
            follower.close()

    def past(
        self,
        wanted: Wanted = lambda _: True,
        *,
        since: str | None = None,
        until: str | None = None,
        tail: int | None = None,
    ) -> Iterator[Line]:
        """What was there at the beginning: between two times, and of that the last `tail` lines.

        Times as `encoding.timestamp` writes them, both included.
        """
        if tail is None:
            merged = heapq.merge(*(log.since(since) for log in self._past.values()), key=_by_time)
            return filter(wanted, (line for line in merged if until is None or line.time <= until))
        return self._last(wanted, since, until, tail)

    def _last(self, wanted: Wanted, since: str | None, until: str | None, tail: int) -> Iterator[Line]:
        logs = (log.backward() for log in self._past.values())
        found: Iterable[Line] = heapq.merge(*logs, key=_by_time, reverse=True)
        kept: deque[Line] = deque()
        for line in islice(_between(found, since, until, wanted), tail):
            kept.appendleft(line)
        return iter(kept)

    def new(self, wanted: Wanted = lambda _: True) -> Iterator[Line]:
        """What has come since this was made, or since the last call. To be asked for after the past."""
        merged = heapq.merge(*(log.poll() for log in self._followers.values()), key=_by_time)
        return filter(wanted, merged)

    def join(self, logs: Mapping[str, Path]) -> None:
        """Follow these, too, from their beginning. Nothing happens to those that are followed already."""
        for name, path in logs.items():
            if name not in self._followers:
                self._followers[name] = Follower(path)

    def missed(self) -> list[str]:
        """The logs of which files went, set aside and removed, before they were read; told once."""
        found = [name for name, log in self._followers.items() if log.missed]
        for name in found:
            self._followers[name].missed = False
        return found


def _between(lines: Iterable[Line], since: str | None, until: str | None, wanted: Wanted) -> Iterator[Line]:
    """Of lines that come newest first."""
    for line in lines:
        if since is not None and line.time < since:
            return
        if (until is None or line.time <= until) and wanted(line):
            yield line
