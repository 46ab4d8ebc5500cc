"""Calls at a steady rate: `@every`. Their times are multiples of the period from the start on; what comes too
late is called once, and what was missed is counted."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from orchestrator.sdk.forms.marks import marked, period_of
from orchestrator.sdk.tracing import current_work
from orchestrator.wire.qos import OnError

if TYPE_CHECKING:
    import asyncio

    from orchestrator.sdk.context import Attached
    from orchestrator.sdk.control.node_control import NodeControl
    from orchestrator.sdk.reports.rejects import Rejects
    from orchestrator.sdk.timers import Timer

SKIPPED = "timer_ticks_skipped"
"""The counter of what was missed, with the label `timer`."""


class Period:
    """One call again and again. Belongs to the thread of the node's loop."""

    def __init__(
        self,
        control: NodeControl,
        name: str,
        seconds: float,
        call: Callable[[], Any],
        rejects: Rejects | None = None,
    ) -> None:
        self.name = name
        self.skipped = 0
        self._control = control
        self._seconds = seconds
        self._call = call
        self._rejects = rejects or control.rejects
        self._due = 0.0
        self._timer: Timer | None = None
        self._task: asyncio.Future[Any] | None = None
        self.spawn: Callable[[Awaitable[Any]], asyncio.Future[Any] | None] = _as_task
        """Has what an `async def` returned carried out; gives the task, or None when it is done already."""

    def start(self) -> None:
        """The first call is one period from now."""
        timers = self._control.timers
        self._due = timers.clock() + self._seconds
        self._timer = timers.at(self._due, self._tick)

    def stop(self) -> None:
        """No more calls; one of asyncio that is at work is cancelled."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _tick(self) -> None:
        control = self._control
        if control.stopping:
            return
        now = control.timers.clock()
        missed = int((now - self._due) / self._seconds)
        self._due += (missed + 1) * self._seconds
        self._timer = control.timers.at(self._due, self._tick)
        if self._task is not None and not self._task.done():
            missed += 1  # the one before is still at work
        else:
            self._run()
        if missed:
            self._miss(missed)

    def _run(self) -> None:
        current_work.set(None)  # what it sends is caused by no message
        try:
            result = self._call()
        except Exception as error:  # noqa: BLE001 - the author's code; `on_error` says what it means
            self._failed(error)
            return
        if inspect.isawaitable(result):
            self._begin(result)
        self._control.progress.steps += 1

    def _begin(self, result: Awaitable[Any]) -> None:
        try:
            task = self.spawn(result)
        except Exception as error:  # noqa: BLE001 - one that is done already has raised
            self._failed(error)
            return
        if task is not None:
            self._task = task
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # An exception in a callback of asyncio's ends nothing; one in a timer ends the node.
            self._control.timers.after(0.0, lambda: self._failed(error))

    def _failed(self, error: BaseException) -> None:
        rejects = self._rejects
        if rejects is None or rejects.on_error is OnError.FAIL or not isinstance(error, Exception):
            raise error
        self._control.progress.meters.counter("timer_errors", "", {"timer": self.name}).add()
        rejects.tell(f"timer {self.name} failed", error)

    def _miss(self, count: int) -> None:
        self.skipped += count
        told = "Calls of @every that were left out: one took too long, or the node was busy."
        self._control.progress.meters.counter(SKIPPED, told, {"timer": self.name}).add(count)


def _as_task(result: Awaitable[Any]) -> asyncio.Future[Any]:
    from asyncio import ensure_future

    return ensure_future(result)


def periods_of(node: Attached) -> list[Period]:
    """One for each method of a node that bears `@every`."""
    control = node.context.control
    return [
        Period(control, name, seconds, getattr(node, name))
        for name, function in marked(type(node))
        if (seconds := period_of(function)) is not None
    ]
