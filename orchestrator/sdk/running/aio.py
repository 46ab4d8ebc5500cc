"""Nodes written with `async def`, on asyncio. The only module of the SDK that imports asyncio.

Not built on zmq.asyncio, which costs fifty times as much per message (measured): a socket's descriptor wakes
a task, which then takes all that is there without waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.control.draining import TICK_S
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.dispatch import BATCH
from orchestrator.sdk.errors import Stopped
from orchestrator.sdk.forms.functions import FunctionPlan, free_route, function_receiver, result_route
from orchestrator.sdk.forms.receiving import Receiver, receivers_of
from orchestrator.sdk.node import Node
from orchestrator.sdk.running.periods import Period, periods_of

LAST_WORD_S = 0.5
"""How long a handler may go on once the node is to stop, before it is cancelled."""


class Ends:
    """What tells the tasks of a node that its end has come."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        """It is to stop now."""
        self.finishing = asyncio.Event()
        """It is to finish what it has, or to stop now."""
        self.activities: list[asyncio.Event] = []
        """Set when something may have taken the edge from a socket's descriptor."""


Work = Callable[[Ends], Coroutine[Any, Any, Any]]
"""What the loop is to do."""


async def _settle(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


class _AsyncRunner:
    """One event loop for setup, run and teardown."""

    def __init__(self, control: NodeControl) -> None:
        self._control = control
        control.is_async = True
        self._runner = asyncio.Runner()

    def use_loop(self, make: Callable[[], asyncio.AbstractEventLoop]) -> None:
        """Run on a loop of another kind. To be called before anything else."""
        self._runner = asyncio.Runner(loop_factory=make)

    def call(self, function: Callable[[], Any]) -> None:
        """Run a coroutine function, or a plain one, inside the loop.

        Stopped inside becomes Stopped outside.
        """
        stopped = self._runner.run(_guarded(function))
        if stopped:
            raise Stopped

    def _drive(self, work: Work, last_word_s: float = 0.0) -> None:
        self.call(lambda: until_stop(work, self._control, last_word_s))

    def _close(self) -> None:
        self._runner.close()


async def _guarded(function: Callable[[], Any]) -> bool:
    # asyncio tears its loop down on a BaseException of ours; Stopped therefore crosses it as a value.
    try:
        await _settle(function())
    except Stopped:
        return True
    return False


class AsyncNodeRunner(_AsyncRunner):
    """A Node with at least one `async def` among its methods."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.context.control)
        self.node = node

    def setup(self) -> None:
        self.call(self.node.setup)

    def run(self) -> None:
        periods = periods_of(self.node)
        if type(self.node).run is Node.run:
            receivers = receivers_of(self.node)
            self._drive(
                lambda ends: _beside(periods, lambda: serve(receivers, self._control, ends)), LAST_WORD_S
            )
        else:
            self._control.progress.busy_since = time.monotonic()
            run: Callable[[], Any] = self.node.run
            self._drive(lambda _: _beside(periods, lambda: _settle(run())))

    def teardown(self) -> None:
        try:
            self.call(self.node.teardown)
        finally:
            self._close()


class AsyncFunctionRunner(_AsyncRunner):
    """An `async def` function: a handler, a source (with `yield`), or a loop of its own."""

    def __init__(self, plan: FunctionPlan, context: NodeContext) -> None:
        super().__init__(context.control)
        self.plan = plan
        self._context = context
        self.receivers = [function_receiver(plan, context)] if plan.takes else []
        """The one receiver of a function that takes messages."""
        self._values: Any = None

    def setup(self) -> None:
        """A function has nothing to set up."""

    def run(self) -> None:
        self._control.progress.busy_since = time.monotonic()
        if self.receivers:
            self._drive(lambda ends: serve(self.receivers, self._control, ends), LAST_WORD_S)
        elif self.plan.period is not None:
            period = self.period(self.plan.period)
            self._drive(lambda ends: _beside([period], ends.finishing.wait), LAST_WORD_S)
        elif self.plan.generates:
            self._drive(self._source)
        else:
            self._drive(self._own_loop)

    def teardown(self) -> None:
        if self._values is not None:
            self.call(self._values.aclose)
        self._close()

    def period(self, seconds: float) -> Period:
        """A function or generator with `@every`: its steady call, whose result is sent."""
        plan, route = self.plan, free_route(self._context, self.plan)
        values = self._values = plan.bound() if plan.generates else None

        async def call() -> None:
            try:
                route(await (plan.bound() if values is None else anext(values)), None)
            except StopAsyncIteration:
                self._context.stop()

        return Period(self._control, plan.name, seconds, call)

    async def _source(self, _ends: Ends) -> None:
        route = free_route(self._context, self.plan)
        progress = self._control.progress
        async with contextlib.aclosing(self.plan.bound()) as values:
            async for value in values:
                route(value, None)
                progress.steps += 1
                progress.busy_since = time.monotonic()
                # A source that never awaits would starve everything else, the request to stop included.
                await asyncio.sleep(0)

    async def _own_loop(self, _ends: Ends) -> None:
        route = result_route(self._context.sockets, None, self.plan.name)
        route(await self.plan.bound(), None)


async def _beside(periods: list[Period], work: Callable[[], Awaitable[Any]]) -> None:
    """Do `work` while timers run."""
    for period in periods:
        period.start()
    try:
        await work()
    finally:
        for period in periods:
            period.stop()


async def until_stop(work: Work, control: NodeControl, last_word_s: float) -> None:
    """Run `work` until it ends or the node is to stop; then it has `last_word_s` before it is cancelled.

    Commands are carried out meanwhile.
    """
    loop = asyncio.get_running_loop()
    ends = Ends()
    # A look at a socket takes the edge from its descriptor, on which a loop of the user's may wait; `serve`
    # knows how to look.
    control.dispatching = True

    def woken() -> None:
        control.run_commands()
        for activity in ends.activities:
            activity.set()
        if control.ending:
            ends.finishing.set()
        if control.stopping:
            loop.remove_reader(control.wake.fd)  # it stays readable for good from now on
            ends.stopping.set()

    loop.add_reader(control.wake.fd, woken)
    woken()
    ticking = Ticking(loop, control)
    task = asyncio.ensure_future(work(ends))
    waiter = asyncio.ensure_future(ends.stopping.wait())
    try:
        await asyncio.wait((task, waiter, ticking.failed), return_when=asyncio.FIRST_COMPLETED)
        if control.drain is not None:
            last_word_s = LAST_WORD_S
        if not task.done() and last_word_s:
            await asyncio.wait((task,), timeout=last_word_s)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    finally:
        waiter.cancel()
        loop.remove_reader(control.wake.fd)
        ticking.end()


class Ticking:
    """Has asyncio's loop run the node's timers and chores. What one raises is found in `failed`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, control: NodeControl) -> None:
        self.failed: asyncio.Future[None] = loop.create_future()
        self._loop = loop
        self._both = (control.chores, control.timers)
        self._handle: asyncio.TimerHandle | None = None
        for timers in self._both:
            timers.on_sooner = self._schedule
        self._schedule()

    def _schedule(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        left = [s for s in (timers.left_s() for timers in self._both) if s is not None]
        if left and not self.failed.done():
            self._handle = self._loop.call_later(min(left), self._run)

    def _run(self) -> None:
        self._handle = None
        try:
            for timers in self._both:
                timers.run()
        except BaseException as error:  # noqa: BLE001 - the author's code; it ends the node as it would elsewhere
            self.failed.set_exception(error)
        self._schedule()

    def end(self) -> None:
        """No more; raises what a timer has raised."""
        for timers in self._both:
            timers.on_sooner = None
        if self._handle is not None:
            self._handle.cancel()
        if self.failed.done():
            self.failed.result()
        self.failed.cancel()


async def serve(receivers: list[Receiver], control: NodeControl, ends: Ends) -> None:
    """One task per socket: messages of one socket are handled in order, those of two side by side."""
    activities = ends.activities = [asyncio.Event() for _ in receivers]
    tasks = [
        asyncio.ensure_future(_pump(receiver, control, activity))
        for receiver, activity in zip(receivers, activities, strict=True)
    ]
    waiter = asyncio.ensure_future(ends.stopping.wait())
    finish = asyncio.ensure_future(_finish(receivers, control, ends, activities))
    try:
        done, _ = await asyncio.wait((waiter, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for activity in activities:
            activity.set()
        if waiter in done:
            await asyncio.gather(*tasks)
        for task in done - {waiter}:
            task.result()  # a handler has raised
    finally:
        for task in (waiter, finish, *tasks):
            task.cancel()
        await asyncio.gather(waiter, finish, *tasks, return_exceptions=True)


async def _finish(
    receivers: list[Receiver], control: NodeControl, ends: Ends, activities: list[asyncio.Event]
) -> None:
    """Once the node is to finish what it has: look whether it has."""
    sockets = [receiver.socket for receiver in receivers]
    await ends.finishing.wait()
    while control.drain is not None and not control.stopping:
        if not control.in_hand:
            control.drain.look(sockets)
            for activity in activities:  # the look may have taken the edge for which a pump waits
                activity.set()
        await asyncio.sleep(TICK_S)


async def _pump(receiver: Receiver, control: NodeControl, activity: asyncio.Event) -> None:
    socket, progress = receiver.socket, control.progress
    loop = asyncio.get_running_loop()
    descriptor = socket.raw.FD
    loop.add_reader(descriptor, activity.set)
    # The descriptor is edge-triggered, and a send on the same socket may swallow the edge
    # (zmq_getsockopt(3)).
    socket.on_send = activity.set
    try:
        while not control.stopping:
            activity.clear()
            await _drain(receiver, control)
            if socket.waiting:
                await asyncio.sleep(0)  # a batch is done: the others get their turn
                continue
            progress.busy_since = 0.0
            await activity.wait()
    finally:
        socket.on_send = None
        loop.remove_reader(descriptor)


async def _drain(receiver: Receiver, control: NodeControl) -> None:
    take, call, route = receiver.socket.take, receiver.call, receiver.route
    progress = control.progress
    for _ in range(BATCH):
        found = take()
        if found is None:
            return
        message, extra = found
        progress.busy_since = time.monotonic()
        control.in_hand += 1
        try:
            result = call(message, extra)
            if inspect.isasyncgen(result):
                async for each in result:
                    route(each, extra)
                route(None, extra)  # a REP that got none of them answers all the same
            else:
                route(await _settle(result), extra)
        finally:
            control.in_hand -= 1
        progress.steps += 1
        if control.stopping:
            return
