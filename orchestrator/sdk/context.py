"""What a node works in: its name, params and sockets, its log, and the word to stop."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.current import reply
from orchestrator.sdk.reports.meters import Counter, Gauge
from orchestrator.sdk.sockets import Sockets
from orchestrator.sdk.tracing import log_suffix
from orchestrator.vocabulary import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeContext:
    """What a node is told about its place in the topology. A function gets it as a parameter named `node`."""

    name: str
    """The instance: `feed`, or `strategy-1` for the second of several replicas."""
    node: str
    """The node as the topology calls it: `strategy`."""
    replica: int
    """0 for the first."""
    params: Mapping[str, JsonValue]
    sockets: Sockets
    control: NodeControl

    @property
    def log(self) -> logging.Logger:
        """Writes plain lines to standard error; the orchestrator adds the node's name and the time. A line
        that is written while a message with an envelope is handled ends with the ids of its trace."""
        return _logger(self.name)

    @property
    def stopping(self) -> bool:
        """Whether the node is to stop now."""
        self.control.look()
        return self.control.stopping

    @property
    def finishing(self) -> bool:
        """Whether the node was asked to finish what it has: `stopping` follows."""
        return self.control.ending

    def stop(self) -> None:
        """End this node cleanly, as if it had been asked to."""
        self.control.stop()

    def counter(self, name: str, description: str = "", /, **labels: object) -> Counter:
        """A number of the author's own that only grows, for the metrics: `node.counter("fills").add(1)`.

        The same name and labels give the same counter. Raises NodeError for a name that cannot be.
        """
        return self.control.progress.meters.counter(name, description, labels)

    def gauge(self, name: str, description: str = "", /, **labels: object) -> Gauge:
        """A number of the author's own that goes up and down: `node.gauge("depth").set(3)`."""
        return self.control.progress.meters.gauge(name, description, labels)

    def reply(self, message: object) -> None:
        """Send a message to whoever sent the one that is being handled; also later, from a task that the
        handler has started. Raises NodeError where there is nobody to answer."""
        reply(message)

    def sleep(self, seconds: float) -> bool:
        """Wait, but no longer than until the node is to stop.

        Returns whether it may go on: `while node.sleep(1):`.
        """
        return self.control.rest(seconds)


class Attached(Protocol):
    """A node of a class, as handlers, timers and loops need it."""

    @property
    def context(self) -> NodeContext:
        """What it works in."""

    @property
    def sockets(self) -> Sockets:
        """The sockets that it has."""

    @property
    def log(self) -> logging.Logger:
        """Where it tells."""


class _Lines(logging.Formatter):
    """Plain lines, with the ids of the trace that the running code is part of at their ends."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        return super().formatMessage(record) + log_suffix()


def _logger(name: str) -> logging.Logger:
    logger = logging.getLogger(f"orchestrator.node.{name}")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(_Lines("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger
