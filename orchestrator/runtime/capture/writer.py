"""The thread that writes: output and events of one run, to their files.

The supervisor's loop hands lines over and goes on. When more waits than should, it is asked to hold reading
back, so that the writers wait in their pipes and nothing is lost; a disk that does not move for a while ends
that, because nodes matter more than what they say.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from orchestrator.runtime.capture.rotation import RotatingFile, WholeFile, WriteFailed

HIGH: Final = 1 << 20
"""Bytes that wait to be written, from which on nothing more is read."""
LOW: Final = 1 << 18
"""Bytes that wait, from which on it is read again."""
_BATCH: Final = 1 << 18
"""Bytes that are taken at a time: what one call of `write` is about, several times over as JSON."""
_CALM_S: Final = 60.0
"""How long all must be well before a new failure is not taken for the old one: a disk that is filled to the
brim takes a line now and then, and nobody wants to hear of each."""


class Entry(Protocol):
    """Something to be written: made into lines by the thread, when its turn comes."""

    @property
    def size(self) -> int:
        """About how many bytes of memory it holds."""

    def lines(self) -> bytes: ...

    def count(self) -> int:
        """How many lines it has."""


class Sink:
    """A file, and what could not be written to it. Belongs to the writing thread."""

    def __init__(self, file: RotatingFile | WholeFile, excuse: Callable[[float, int, str], bytes]) -> None:
        """`excuse` makes the line that stands where others are missing: time, how many, why."""
        self.reason = ""
        self.lost = 0
        """Lines since the last that was written."""
        self.again_at = 0.0
        self._file = file
        self._excuse = excuse

    def write(self, entries: list[Entry], now: float) -> None:
        """Write entries, after an excuse for earlier ones. Raises WriteFailed, with `lost` counted up."""
        excuse = self._excuse(now, self.lost, self.reason) if self.lost else b""
        data = excuse + b"".join([entry.lines() for entry in entries])
        try:
            self._file.write(data, now)
        except WriteFailed as failure:
            excused = bool(excuse) and failure.lost <= data.count(b"\n") - 1
            fresh = failure.lost - (bool(excuse) and not excused)
            self.lose(fresh + (0 if excused else self.lost), failure.reason)
            raise WriteFailed(fresh, failure.error) from failure
        self.lost = 0

    def lose(self, lost: int, reason: str) -> None:
        """So many lines are missing after the last that was written."""
        self.lost, self.reason = lost, reason

    def close(self) -> None:
        self._file.close()


@dataclass(slots=True)
class Health:
    """How the writing goes. Handed to `tell` whenever it changes for the worse or the better."""

    reason: str | None = None
    """Why nothing is written; None while all is well."""
    lost: int = 0
    """Lines lost since it last was well."""


@dataclass(slots=True)
class _Shared:
    """What both threads touch, under one lock."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: deque[tuple[Sink, Entry]] = field(default_factory=deque)
    size: int = 0
    """Bytes that wait or are being written."""
    progress: int = 0
    """Batches written."""
    closing: bool = False
    wants_word: bool = False
    """The loop has held reading back, and waits to hear that there is room."""


class Writer:
    """One thread. `put`, `close` and the properties belong to the loop's thread.

    `tell` and `room` are called on the writing thread: with what has changed about its health; and when there
    is room again after `hold`.
    """

    def __init__(
        self,
        *,
        tell: Callable[[Health], None],
        room: Callable[[], None],
        retry_s: float = 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tell = tell
        self._room = room
        self._clock = clock
        self._retry_s = self._pause_s = retry_s
        self._mended_at = 0.0
        self._shared = _Shared()
        self._failing: set[Sink] = set()
        self._health = Health()
        self._sinks: set[Sink] = set()
        self._thread = threading.Thread(target=self._run, name="orchestrator-logs", daemon=True)
        self._thread.start()

    @property
    def progress(self) -> int:
        """Goes up with all that is written or given up."""
        return self._shared.progress

    @property
    def full(self) -> bool:
        """Whether more waits than should."""
        return self._shared.size >= HIGH

    def put(self, sink: Sink, entry: Entry) -> None:
        """Have an entry written."""
        shared = self._shared
        with shared.changed:
            shared.waiting.append((sink, entry))
            shared.size += entry.size
            shared.changed.notify()

    def hold(self) -> bool:
        """Call `room` once there is room again. False when there is already."""
        with self._shared.changed:
            self._shared.wants_word = self._shared.size > LOW
            return self._shared.wants_word

    def close(self, timeout_s: float) -> bool:
        """Write what is left, and end. False when `timeout_s` was not enough; the rest is lost then."""
        with self._shared.changed:
            self._shared.closing = True
            self._shared.changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            by_sink: dict[Sink, list[Entry]] = {sink: [] for sink in self._failing}
            for sink, entry in batch:
                by_sink.setdefault(sink, []).append(entry)
            for sink, entries in by_sink.items():
                self._write(sink, entries)
            self._done(sum(entry.size for _, entry in batch))
        for sink in self._sinks:
            sink.close()

    def _take(self) -> list[tuple[Sink, Entry]] | None:
        """The next entries: empty when it is time to try again what failed, None at the end."""
        shared = self._shared
        with shared.changed:
            if not shared.waiting and not shared.closing:
                shared.changed.wait(self._pause_s if self._failing else None)
            if not shared.waiting and shared.closing:
                return None
            batch, size = [], 0
            while shared.waiting and size < _BATCH:
                batch.append(shared.waiting.popleft())
                size += batch[-1][1].size
            return batch

    def _done(self, size: int) -> None:
        shared = self._shared
        with shared.changed:
            shared.size -= size
            shared.progress += 1
            word = shared.wants_word and shared.size <= LOW
            if word:
                shared.wants_word = False
        if word:
            self._room()

    def _write(self, sink: Sink, entries: list[Entry]) -> None:
        now = self._clock()
        self._sinks.add(sink)
        if sink in self._failing and now < sink.again_at and not self._shared.closing:
            count = sum(entry.count() for entry in entries)
            sink.lose(sink.lost + count, sink.reason)
            self._health.lost += count
            return
        try:
            sink.write(entries, now)
        except WriteFailed as failure:
            sink.again_at = now + self._pause_s
            self._failed(sink, failure.lost, failure.reason)
        except Exception as error:  # noqa: BLE001 - see below
            # a fault of this program must not end the thread: then every node would wait for it in the end
            count, reason = sum(entry.count() for entry in entries), f"internal error: {error!r}"
            sink.lose(sink.lost + count, reason)
            self._failed(sink, count, reason)
        else:
            self._mended(sink)

    def _failed(self, sink: Sink, count: int, reason: str) -> None:
        self._failing.add(sink)
        self._health.lost += count
        if self._health.reason is None:
            often = self._clock() - self._mended_at < _CALM_S
            self._pause_s = min(2 * self._pause_s, 32 * self._retry_s) if often else self._retry_s
            self._health.reason = reason
            self._tell(Health(reason, self._health.lost))

    def _mended(self, sink: Sink) -> None:
        self._failing.discard(sink)
        if self._health.reason is not None and not self._failing:
            self._mended_at = self._clock()
            lost, self._health = self._health.lost, Health()
            self._tell(Health(None, lost))
