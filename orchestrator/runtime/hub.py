"""Where the reports of a run come together, and from where they go to whoever listens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeAlias

from orchestrator.runtime.reports import OutputLine, Report

Listener: TypeAlias = Callable[[Report], None]

_log = logging.getLogger("orchestrator.runtime")


class Hub:
    """Hands each report to every listener, in the order they came. Belongs to the loop's thread.

    A listener must not block; one that raises is taken off and the fault is logged, for it must not end the
    supervision of a topology.
    """

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}
        self._output: dict[int, Listener] = {}
        self._last = 0

    @property
    def wants_output(self) -> bool:
        """Whether anybody listens to what nodes write, line by line."""
        return bool(self._output)

    def subscribe(self, listener: Listener, *, output: bool = False) -> Callable[[], None]:
        """Hear everything from now on, lines of output only with `output`. Returns what ends it."""
        self._last += 1
        key = self._last
        self._listeners[key] = listener
        if output:
            self._output[key] = listener

        def unsubscribe() -> None:
            self._listeners.pop(key, None)
            self._output.pop(key, None)

        return unsubscribe

    def tell(self, report: Report) -> None:
        """Hand a report on."""
        chosen = self._output if isinstance(report, OutputLine) else self._listeners
        for key, listener in tuple(chosen.items()):
            try:
                listener(report)
            except Exception:  # noqa: BLE001  see above
                _log.exception("a listener failed and hears nothing any more")
                self._listeners.pop(key, None)
                self._output.pop(key, None)
