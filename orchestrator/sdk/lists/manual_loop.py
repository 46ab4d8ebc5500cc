"""An event loop of asyncio whose clock is moved by hand, and whose sockets are lists."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Final

from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.lists.list_sockets import Arrivals
from orchestrator.sdk.lists.virtual_time import VirtualTime

OUTSIDE_S: Final = 5.0
"""How long (of real time) threads and connections of the node's own are waited for."""


class ManualLoop(asyncio.SelectorEventLoop):
    """Where it would wait, the clock's turn comes."""

    def __init__(self, clock: VirtualTime) -> None:
        self._clock = clock
        self.at_work = 0
        """Calls that threads are at."""
        super().__init__(_Selector(self, clock))

    def time(self) -> float:
        """The clock's."""
        return self._clock.now

    def run_in_executor(self, *arguments: Any) -> Any:  # type: ignore[override]
        """The real time that a thread takes is none here."""
        future = super().run_in_executor(*arguments)
        self.at_work += 1
        future.add_done_callback(self._is_done)
        return future

    def _is_done(self, _future: object) -> None:
        self.at_work -= 1

    def add_reader(self, fd: Any, callback: Callable[..., Any], *args: Any) -> None:  # type: ignore[override]
        """A list is listened to as a descriptor is."""
        if isinstance(fd, Arrivals):
            fd.heard = lambda: callback(*args)
        else:
            super().add_reader(fd, callback, *args)

    def remove_reader(self, fd: Any) -> bool:
        """No longer."""
        if isinstance(fd, Arrivals):
            fd.heard = None
            return True
        return super().remove_reader(fd)


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: ManualLoop, clock: VirtualTime) -> None:
        super().__init__()
        self._loop = loop
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        clock = self._clock
        if not self._loop.at_work:
            until = None if timeout is None else clock.now + timeout
            if not clock.wait(until, idle=not clock.control.in_hand):
                return super().select(0)
        found = super().select(OUTSIDE_S)
        if not found and clock.control.stopping:
            raise Stopped
        return found
