"""How a node is driven: setup, run, teardown, whatever form its author gave it.

No process, no control channel here.
"""

from __future__ import annotations

import inspect
import time
from typing import Any, Protocol

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.dispatch import run_receivers
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.forms.functions import (
    FunctionPlan,
    free_route,
    function_receiver,
    plan_function,
    result_route,
)
from orchestrator.sdk.forms.marks import marked
from orchestrator.sdk.forms.params import build_params
from orchestrator.sdk.forms.receiving import give_sockets, give_types, receivers_of, unused_handlers
from orchestrator.sdk.node import Node, Params
from orchestrator.sdk.running.periods import Period, periods_of
from orchestrator.sdk.socket import Socket
from orchestrator.vocabulary import SocketType


class Runner(Protocol):
    """A node that is ready to be driven. All three are called on the thread that owns the node's sockets."""

    def setup(self) -> None: ...

    def run(self) -> None:
        """Returns when the node is to stop, or has done its work. May raise Stopped."""

    def teardown(self) -> None: ...


def make_runner(target: object, context: NodeContext) -> Runner:
    """A runner for a Node class, a function, a generator function, or an async one.

    Raises ParamsError, NodeError, and whatever the class's own constructor raises.
    """
    if inspect.isclass(target):
        return _class_runner(target, context)
    if callable(target):
        plan = plan_function(target, context)
        if plan.is_async:
            from orchestrator.sdk.running.aio import AsyncFunctionRunner

            return AsyncFunctionRunner(plan, context)
        return FunctionRunner(plan, context)
    raise NodeError(f"{target!r} is no class and no function", "run: names a Node class or a function")


def _class_runner(target: type, context: NodeContext) -> Runner:
    if not issubclass(target, Node):
        raise NodeError(
            f"{target.__qualname__} is a class that does not derive from Node",
            "from orchestrator.sdk import Node, and write class " + target.__name__ + "(Node)",
        )
    declared = getattr(target, "Params", None)
    params = Params(context.params) if declared is None else build_params(declared, context.params)
    node = target.__new__(target)
    node._attach(context, params)
    give_sockets(node)
    node.__init__()  # type: ignore[misc]
    give_types(node)
    if type(node).run is Node.run:
        receivers_of(node)  # a socket that nobody handles is an error now, not at the first message
        for method in unused_handlers(node):
            context.log.warning("%s.%s is never called: there is no such socket", target.__name__, method)
    if _is_async(node):
        from orchestrator.sdk.running.aio import AsyncNodeRunner

        return AsyncNodeRunner(node)
    return NodeRunner(node)


def _is_async(node: Node) -> bool:
    if any(inspect.iscoroutinefunction(getattr(node, m)) for m in ("setup", "run", "teardown")):
        return True
    handlers = {m for m in dir(type(node)) if m.startswith("on_")} | {m for m, _ in marked(type(node))}
    return any(_is_coroutine(getattr(node, m)) for m in handlers)


def _is_coroutine(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


class NodeRunner:
    """A Node whose methods are all plain functions."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def setup(self) -> None:
        self.node.setup()

    def run(self) -> None:
        for period in periods_of(self.node):
            period.start()
        if type(self.node).run is Node.run:
            run_receivers(receivers_of(self.node), self.node.context.control)
        else:
            self.node.context.control.progress.busy_since = time.monotonic()
            self.node.run()

    def teardown(self) -> None:
        self.node.teardown()


class FunctionRunner:
    """A plain function: a handler, a source, or a loop of its own."""

    def __init__(self, plan: FunctionPlan, context: NodeContext) -> None:
        self.plan = plan
        self._context = context
        self.receivers = [function_receiver(plan, context)] if plan.takes else []
        """The one receiver of a function that takes messages."""
        self._values: Any = None
        if not plan.takes:
            _check_loop(plan, context)

    def setup(self) -> None:
        """A function has nothing to set up."""

    def run(self) -> None:
        plan, context = self.plan, self._context
        context.control.progress.busy_since = time.monotonic()
        if self.receivers:
            run_receivers(self.receivers, context.control)
        elif plan.period is not None:
            self.period(plan.period).start()
            run_receivers([], context.control)
        elif plan.generates:
            run_source(plan.bound(), context, plan)
        else:
            result_route(context.sockets, None, plan.name)(plan.bound(), None)

    def period(self, seconds: float) -> Period:
        """A function or generator with `@every`: its steady call, whose result is sent."""
        plan, route = self.plan, free_route(self._context, self.plan)
        values = self._values = plan.bound() if plan.generates else None

        def call() -> None:
            try:
                route(plan.bound() if values is None else next(values), None)
            except StopIteration:
                self._context.stop()

        return Period(self._context.control, plan.name, seconds, call)

    def teardown(self) -> None:
        """A function has nothing else to tear down; a generator without `@every` is closed at the end of
        `run`."""
        if self._values is not None:
            self._values.close()


def _check_loop(plan: FunctionPlan, context: NodeContext) -> None:
    """A function that takes neither messages nor sockets cannot receive: messages would pile up unseen."""
    if any(isinstance(v, (Socket, NodeContext)) for v in plan.keywords.values()):
        return
    deaf = next((s for s in context.sockets if s.type in _DEAF_WITHOUT_HANDLER), None)
    if deaf is not None:
        raise NodeError(f"socket {deaf.name!r} receives, and {plan.name} takes no message")


_DEAF_WITHOUT_HANDLER = (SocketType.SUB, SocketType.PULL, SocketType.XSUB, SocketType.REP, SocketType.ROUTER)


def run_source(values: Any, context: NodeContext, plan: FunctionPlan) -> None:
    """Send what a generator yields until it ends or the node is to stop.

    On a REQ the reply is the yield's value.
    """
    control, progress = context.control, context.control.progress
    taken = [v for v in plan.keywords.values() if isinstance(v, Socket)]
    route = free_route(context, plan)
    asks = _asking_socket(context, taken)
    answer: Any = None
    try:
        while not control.stopping:
            progress.busy_since = time.monotonic()
            try:
                value = values.send(answer)
            except StopIteration:
                return
            answer = None
            if asks is not None and value is not None:
                answer = asks.request(value)
            else:
                route(value, None)
            progress.steps += 1
            if control.commands:
                control.run_commands()
            control.run_due(idle=True)
            if control.drain is not None:
                control.look()
    finally:
        values.close()


def _asking_socket(context: NodeContext, taken: list[Socket]) -> Socket | None:
    free = [s for s in context.sockets if s not in taken]
    if len(free) == 1 and free[0].type is SocketType.REQ:
        return free[0]
    return None


__all__ = ["FunctionRunner", "NodeRunner", "Runner", "make_runner", "run_source"]
