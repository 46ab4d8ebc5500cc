"""What a node says on standard error about messages it could not use: the first at once, then a count now
and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from orchestrator.sdk.framing import Peer

EVERY_S = 10.0
"""The shortest time between two lines about one source of trouble."""

_MAX_SOURCES = 1000
"""Origins remembered; the table is dropped when it is full, so that a stranger cannot make it grow."""


class Reporter:
    """Rate-limited lines, one series per socket and origin."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._last: dict[tuple[str, str], float] = {}

    def undecodable(self, socket: str, error: Exception | str, origin: str, total: int) -> None:
        """A payload that the socket's codec did not accept."""
        source = f" from {origin}" if origin else ""
        self._say((socket, origin), f"socket {socket}: undecodable message{source}: {error} ({total} so far)")

    def undeliverable(self, socket: str, peer: Peer, why: str, total: int) -> None:
        """A message for a peer that cannot take it."""
        self._say(
            (socket, "\0peer"), f"socket {socket}: message for peer {peer} dropped: {why} ({total} so far)"
        )

    def dropped(self, socket: str, count: int, why: str) -> None:
        """Messages that were not sent."""
        self._say((socket, f"\0dropped {why}"), f"socket {socket}: {count} messages dropped: {why}")

    def unshared(self, socket: str, why: str) -> None:
        """Shared memory that cannot be had."""
        self._say(
            (socket, "\0shared"),
            f"socket {socket}: no shared memory, large messages are copied: {why}",
        )

    def waits(self, socket: str, what: str) -> None:
        """The first message waits for somebody."""
        self._say(
            (socket, "\0waits"),
            f"socket {socket}: the first message waits: {what} (see `orchestrator ps --links`)",
        )

    def goes_on(self, socket: str, what: str, seconds: float) -> None:
        """The first message of a node that was started again does not wait any longer."""
        self._say(
            (socket, "\0goes on"),
            f"socket {socket}: {what}, {seconds:g} s after a start that is not the first: it goes on without",
        )

    def late(self, socket: str, sender: str, lag_s: float, total: int) -> None:
        """A message that is older than the topology allows."""
        source = f" from {sender}" if sender else ""
        self._say(
            (socket, f"\0late {sender}"),
            f"socket {socket}: a message{source} was {lag_s:.3g} s old ({total} too late so far)",
        )

    def mismatch(self, socket: str, own: str, sender: str) -> None:
        """A sender whose messages have another schema."""
        self._say(
            (socket, f"\0schema {sender}"),
            f"socket {socket}: {sender or 'a sender'} and {own} have different schemas for their messages "
            "(fingerprints in the envelope differ): start both from one topology",
        )

    def _say(self, key: tuple[str, str], line: str) -> None:
        now = self._clock()
        last = self._last.get(key)
        if last is not None and now - last < EVERY_S:
            return
        if len(self._last) >= _MAX_SOURCES:
            self._last.clear()
        self._last[key] = now
        stream = self._stream or sys.stderr
        stream.write(shown(line) + "\n")


def shown(text: str) -> str:
    """A line as it may be written: what a stranger put into it (a sender's name, a codec's) begins no line of
    its own and gives no orders to a terminal."""
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return "".join(escaped)
