"""The first of each kind is told in full, the others are counted: ten thousand errors are a few lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Hashable
from typing import Final

EVERY_S: Final = 10.0
"""The time between two lines about one kind of trouble."""
_MAX_KINDS: Final = 1000
"""Kinds remembered; the table is dropped when it is full, so that no stranger can make it grow."""


class _Kind:
    __slots__ = ("brief", "more", "said_at")

    def __init__(self, said_at: float) -> None:
        self.said_at = said_at
        self.more = 0
        self.brief = ""


class Samples:
    """Lines on standard error. Belongs to the node's thread."""

    def __init__(
        self, write: Callable[[str], object] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._kinds: dict[Hashable, _Kind] = {}

    def note(self, kind: Hashable, full: Callable[[], str], brief: Callable[[], str]) -> None:
        """One more of a kind. `full` is asked for the first, `brief` for those of which only the number is
        told."""
        now = self._clock()
        known = self._kinds.get(kind)
        if known is None:
            if len(self._kinds) >= _MAX_KINDS:
                self.flush()
                self._kinds.clear()
            self._kinds[kind] = _Kind(now)
            self._say(full())
            return
        known.more += 1
        if known.more == 1:
            known.brief = brief()
        if now - known.said_at >= EVERY_S:
            self._tell(known, now)

    def flush(self, *, due: bool = False) -> None:
        """Tell the numbers that have not been told yet; `due`: only those whose time has come."""
        now = self._clock()
        for known in self._kinds.values():
            if known.more and not (due and now - known.said_at < EVERY_S):
                self._tell(known, now)

    def _tell(self, known: _Kind, now: float) -> None:
        seconds = max(1, round(now - known.said_at))
        self._say(f"{known.more:,} more of: {known.brief} (in the last {seconds} s)")
        known.said_at, known.more = now, 0

    def _say(self, text: str) -> None:
        (self._write or sys.stderr.write)(text.rstrip("\n") + "\n")
