"""Threads for the host's own loops, with nothing around them.

`threading.Thread` brings an event, a condition and two context switches, which each of hundreds of node
processes would pay for at its start.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable


class Background:
    """A running thread that can be waited for. It does not keep the process alive."""

    __slots__ = ("_ended",)

    def __init__(self, work: Callable[[], None]) -> None:
        self._ended = _thread.allocate_lock()
        self._ended.acquire()
        _thread.start_new_thread(self._run, (work,))

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._ended.release()

    def join(self) -> None:
        """Wait until the work has ended."""
        with self._ended:
            pass
