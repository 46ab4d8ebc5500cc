"""What a node says before it ends, and its end, in this order.

They come on different ways: the word over the control channel, through a thread of libzmq's; the end from the
kernel. On a busy machine the end may be seen first, and the reason of a failure, and that another attempt is
useless, with it a process too late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from orchestrator.supervision.events import Event, Exited, FailureReported

EXIT_CODE: Final = 1
"""Of a Python node's process whose node has failed: it has told why."""
_PATIENCE_S: Final = 0.3
"""How long an end waits for the word. One of `sys.exit(1)` has none, and is seen so much later."""


class Parting:
    """Belongs to the loop's thread."""

    def __init__(self, feed: Callable[[Event], None]) -> None:
        self._feed = feed
        self._failed: dict[str, int] = {}
        self._waiting: dict[str, tuple[Exited, asyncio.TimerHandle]] = {}

    def heard(self, event: Event) -> None:
        """Something that came over the control channel."""
        self._feed(event)
        if isinstance(event, FailureReported):
            self._failed[event.unit] = event.attempt
            self._let_go(event.unit)

    def exited(self, event: Exited, attempt: int, *, speaks: bool) -> None:
        """The end of a process; `speaks`: it is one of ours, which tells why it failed."""
        if not speaks or event.code != EXIT_CODE or self._failed.get(event.unit) == attempt:
            self._feed(event)
            return
        timer = asyncio.get_running_loop().call_later(_PATIENCE_S, self._let_go, event.unit)
        self._waiting[event.unit] = (event, timer)

    def close(self) -> None:
        """Nobody is waited for any more."""
        for _, timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()

    def _let_go(self, unit: str) -> None:
        event, timer = self._waiting.pop(unit, (None, None))
        if event is not None and timer is not None:
            timer.cancel()
            self._feed(event)
