"""Nodes that make and take messages:

for demos, for tests, and as a stand-in for a node that is not written yet.
"""

from __future__ import annotations

import time
from typing import Any

from orchestrator.sdk import Node, Peer, Socket
from orchestrator_nodes import params


def numbered(socket: Socket, number: int, payload: Any) -> Any:
    """The message number `number`, in a form that the socket's codec takes."""
    if payload is not None:
        return payload
    match socket.codec.name:
        case "raw":
            return str(number).encode()
        case "text":
            return str(number)
        case _:
            return number


class Pace:
    """Keeps a rate on the long run: a message that was late does not delay the ones after it."""

    def __init__(self, node: Node, rate: float) -> None:
        self._node = node
        self._interval_s = 1 / rate if rate else 0.0
        self._next = time.monotonic()

    def wait(self) -> bool:
        """Wait for the next turn. Returns whether the node may go on."""
        now = time.monotonic()
        self._next = max(self._next + self._interval_s, now - 1.0)  # no burst after a long stop
        if self._next > now:
            return self._node.sleep(self._next - now)
        return not self._node.stopping


class Source(Node):
    """Sends messages at a rate."""

    Params = params.SourceParams

    def run(self) -> None:
        given, out = self.params, self.sockets["out"]
        pace = Pace(self, given.rate)
        progress = self.context.control.progress
        number = 0
        while not self.stopping:
            out.send(self._message(number), topic=given.topic)
            number += 1
            progress.steps += 1
            if number == given.count or not pace.wait():
                return

    def _message(self, number: int) -> Any:
        return numbered(self.sockets["out"], number, self.params.payload)


class _Counter(Node):
    """Counts what arrives, and ends after `count` messages."""

    def setup(self) -> None:
        self.received = 0

    def on_in(self, message: Any, topic: str | None) -> None:
        self.received += 1
        self.report(message, topic)
        if self.received == self.params.count:
            self.stop()

    def report(self, message: Any, topic: str | None) -> None:
        """Say something about a message; one that only counts says nothing."""


class Sink(_Counter):
    """Counts messages."""

    Params = params.SinkParams

    def report(self, message: Any, topic: str | None) -> None:
        if self.params.every and self.received % self.params.every == 0:
            print(f"{self.received} messages", flush=True)  # noqa: T201 - printing is what it is for


class Printer(_Counter):
    """Prints messages."""

    Params = params.PrinterParams

    def report(self, message: Any, topic: str | None) -> None:
        text = readable(message)
        print(text if topic is None else f"{topic}: {text}", flush=True)  # noqa: T201 - printing is what it is for


def readable(message: Any) -> str:
    """A message as a person wants to see it: bytes that are text are shown as text."""
    if isinstance(message, bytes):
        try:
            text = message.decode()
        except UnicodeDecodeError:
            return repr(message)
        return text if text.isprintable() else repr(message)
    return str(message)


class Replier(Node):
    """Answers with what it was asked."""

    Params = params.ReplierParams

    def on_requests(self, message: Any, peer: Peer | None) -> Any:
        if self.params.delay:
            self.sleep(self.params.delay)
        return message


class Requester(Node):
    """Asks, and prints the reply."""

    Params = params.RequesterParams

    def run(self) -> None:
        given, requests = self.params, self.sockets["requests"]
        pace = Pace(self, given.rate)
        number = 0
        while not self.stopping:
            reply = requests.request(numbered(requests, number, given.payload), timeout=given.timeout)
            print(readable(reply), flush=True)  # noqa: T201 - printing is what it is for
            number += 1
            if number == given.count or not pace.wait():
                return
