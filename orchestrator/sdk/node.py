"""The `Node` class: what a node's author derives from."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from orchestrator.sdk.context import NodeContext
from orchestrator.sdk.current import reply
from orchestrator.sdk.reports.meters import Counter, Gauge
from orchestrator.sdk.sockets import Sockets


class Params(dict[str, Any]):
    """The params of a node that declares none: `self.params["rate"]` or `self.params.rate`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self) or "none"
            raise AttributeError(
                f"the topology gives this node no param {name!r} (it has: {known})"
            ) from None


class Node:
    """A node. Derive from it, and write one method `on_<socket>(self, message)` per receiving socket.

    A handler that takes a second argument gets the topic (SUB, XSUB) or the peer (ROUTER) as well. What a
    handler of a REP or ROUTER socket returns is the reply. Write `run` to own the loop. Handlers, `setup`,
    `teardown` and `run` may be `async def`.

    Nested in the class, a dataclass `Params` declares the params; they are checked before `setup`.
    """

    Params: ClassVar[type]
    __context: NodeContext
    __params: Any

    def setup(self) -> None:
        """Called once, when all sockets are bound and connected, before the node counts as ready."""

    def teardown(self) -> None:
        """Called once at the end, while the sockets are still open.

        Also after an error in the node's own code.
        """

    def run(self) -> None:
        """Receive and dispatch until the node is to stop. Override it to own the loop."""
        from orchestrator.sdk.dispatch import dispatch

        dispatch(self)

    def stop(self) -> None:
        """End this node cleanly, as if it had been asked to: a task that has done its work."""
        self.__context.stop()

    def counter(self, name: str, description: str = "", /, **labels: object) -> Counter:
        """A number of the author's own that only grows, for the metrics: `self.counter("fills").add(1)`.

        The same name and labels give the same counter. Raises NodeError for a name that cannot be.
        """
        return self.__context.counter(name, description, **labels)

    def gauge(self, name: str, description: str = "", /, **labels: object) -> Gauge:
        """A number of the author's own that goes up and down: `self.gauge("depth").set(3)`."""
        return self.__context.gauge(name, description, **labels)

    def reply(self, message: object) -> None:
        """Send a message to whoever sent the one that is being handled; also later, from a task that the
        handler has started. Raises NodeError where there is nobody to answer."""
        reply(message)

    def sleep(self, seconds: float) -> bool:
        """Wait, but no longer than until the node is to stop. Returns whether it may go on."""
        return self.__context.sleep(seconds)

    @property
    def name(self) -> str:
        """The instance's name: `feed`, or `strategy-1` for the second of several replicas."""
        return self.__context.name

    @property
    def replica(self) -> int:
        """Which copy this is; 0 for the first."""
        return self.__context.replica

    @property
    def params(self) -> Any:
        """The declared `Params`, or a dict with attributes where none are declared."""
        return self.__params

    @property
    def sockets(self) -> Sockets:
        """The sockets the topology gives this node."""
        return self.__context.sockets

    @property
    def log(self) -> logging.Logger:
        """Writes plain lines to standard error; the orchestrator adds the node's name and the time. A line
        that is written while a message with an envelope is handled ends with the ids of its trace."""
        return self.__context.log

    @property
    def stopping(self) -> bool:
        """Whether the node is to stop now. A loop of its own should look, between two messages."""
        return self.__context.stopping

    @property
    def finishing(self) -> bool:
        """Whether the node was asked to finish what it has; `stopping` follows once nothing more comes. A
        loop of its own that knows better when it is done can return then."""
        return self.__context.finishing

    @property
    def context(self) -> NodeContext:
        """All of the above in one value, for helpers that are no methods."""
        return self.__context

    def _attach(self, context: NodeContext, params: Any) -> None:
        """Called by whoever builds the node, before `__init__`."""
        self.__context = context
        self.__params = params
