"""Between the links and a disk that may be slow: a queue that never makes the links wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from orchestrator.live.reading import Reader
from orchestrator.live.recording import Recorder
from orchestrator.live.taps import Taken

ROOM: Final = 64 << 20
"""Bytes of payloads that wait for the disk; what comes on top of them is counted and not recorded."""
FLUSH_S: Final = 1.0
"""What a crash of the machine's other half, this process, may cost."""
_EACH: Final = 200
"""Bytes that a waiting message costs beside its frames."""


class Spool:
    """Writes on a thread of its own. `put` is for one thread; `close` ends it."""

    def __init__(
        self, recorder: Recorder, *, room: int = ROOM, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.dropped = 0
        """Messages for which there was no room."""
        self.error: Exception | None = None
        """Why nothing can be written any more."""
        self._recorder = recorder
        self._room = room
        self._clock = clock
        self._queue: deque[Taken] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._closing = False
        self._readers: dict[str, Reader] = {}
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def put(self, taken: Taken) -> None:
        """Have it written. Never waits."""
        size = _size(taken)
        with self._lock:
            if self._bytes + size > self._room or self.error is not None:
                self.dropped += 1
                return
            self._bytes += size
            self._queue.append(taken)
        self._news.set()

    def close(self) -> None:
        """Write what is left, and end."""
        self._closing = True
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        flush_at = self._clock() + FLUSH_S
        try:
            while True:
                self._news.wait(FLUSH_S)
                self._news.clear()
                closing = self._closing  # what was put before that is in the queue
                flush_at = self._write(flush_at)
                if closing and not self._queue:
                    return
        except Exception as error:  # noqa: BLE001  told by the main thread; this one ends
            self.error = error

    def _write(self, flush_at: float) -> float:
        while self._queue:
            taken = self._queue[0]
            reader = self._readers.get(taken.socket.ref)
            if reader is None:
                reader = self._readers[taken.socket.ref] = Reader(taken.socket)
            for record in reader.read(taken.frames, taken.way, taken.at_ns):
                self._recorder.add(reader, record)
            with self._lock:
                self._queue.popleft()
                self._bytes -= _size(taken)
            if self._clock() >= flush_at:
                break
        if self._clock() >= flush_at:
            self._recorder.flush()
            flush_at = self._clock() + FLUSH_S
            if self._queue:
                self._news.set()
        return flush_at


def _size(taken: Taken) -> int:
    return sum(map(len, taken.frames)) + _EACH
