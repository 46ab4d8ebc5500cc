"""What happens to the first message while nobody is there yet (`wait_for`)."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import zmq

from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.port import Port
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import WaitFor

_LOOK_S: Final = 0.005
"""How often it is looked whether those whom a first message waits for are there."""
AGAIN_S: Final = 5.0
"""How long a node that was started again waits for all: those who are still there connect sooner."""
_TELL_S: Final = 5.0
"""After so long it is said whom the node waits for, and then twice as late each time."""
_TIDY_S: Final = 10.0
"""How often subscriptions that nobody counts any more are read away."""


class Gate:
    """`wait_for`: holds the first message until those who are to get it are there. It opens once: peers that
    go later, and come again, are no reason to stop."""

    def __init__(
        self,
        port: Port,
        wait_for: WaitFor,
        *,
        expected: int,
        subscriptions: Mapping[str, int],
        peers: Callable[[], int],
        again: bool = False,
    ) -> None:
        """`expected` sockets are at the other ends; `subscriptions` says which prefixes they ask for and how
        many of them; `peers` tells how many have finished the handshake. `again`: the node is not started
        for the first time, so that some of those may have done their work and be gone for good."""
        self._port = port
        self._timeout_s = wait_for.timeout_s
        self._wanted = expected if wait_for.count is None else wait_for.count
        self._all = wait_for.count is None
        self._patience_s = AGAIN_S if again and self._all else math.inf
        self._subscriptions = subscriptions
        self._peers = peers
        self._asked: Counter[bytes] = Counter()
        self._counts_subscriptions = port.type in (SocketType.PUB, SocketType.XPUB)

    def wait(self, timeout: float | None) -> float | None:
        """Return when the gate is open; what is left of `timeout`.

        Raises Timeout, Stopped, and NodeError when they have not come in the time that the topology gives.
        """
        began = time.monotonic()
        tell_at = began + _TELL_S
        control = self._port.control
        control.progress.busy_since = 0.0
        while not self._open():
            now = time.monotonic()
            if control.stopping:
                raise Stopped
            if timeout is not None and now - began >= timeout:
                raise Timeout(f"socket {self._port.name!r}: {self._missing()} after {timeout} s")
            if self._timeout_s is not None and now - began >= self._timeout_s:
                raise NodeError(
                    f"socket {self._port.name!r}: {self._missing()} after {self._timeout_s:g} s (`wait_for`)",
                    "see `orchestrator ps --links`, or raise wait_for's timeout",
                )
            if now - began >= self._patience_s:
                self._port.reporter.goes_on(self._port.name, self._missing(), self._patience_s)
                break
            if now >= tell_at:
                self._port.reporter.waits(self._port.name, self._missing())
                tell_at = now + 2 * (now - began)
            self._port.wait(0, _LOOK_S)
        control.progress.busy_since = time.monotonic()
        if self._counts_subscriptions:
            self._tidy()
        return None if timeout is None else max(0.0, timeout - (time.monotonic() - began))

    def _open(self) -> bool:
        if self._counts_subscriptions:
            self._read()
        return self._missing() == ""

    def _missing(self) -> str:
        """Who is not there, in words; empty when all are."""
        peers = self._peers()
        if peers < self._wanted:
            return f"{peers} of {self._wanted} peers are connected"
        if not self._counts_subscriptions:
            return ""
        if self._all:
            for prefix, count in self._subscriptions.items():
                there = self._asked[prefix.encode("utf-8", "surrogateescape")]
                if there < count:
                    return f"{there} of {count} peers have subscribed to {prefix!r}"
            return ""
        there = self._asked.total()
        return "" if there >= self._wanted else f"{there} of {self._wanted} peers have subscribed"

    def _read(self) -> None:
        """Take in the subscriptions that have come (ZMQ_XPUB: 1 or 0, then the prefix)."""
        raw = self._port.raw
        while True:
            try:
                told = raw.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if told[:1] == b"\1":
                self._asked[told[1:]] += 1
            elif told[:1] == b"\0" and self._asked[told[1:]]:
                self._asked[told[1:]] -= 1

    def _tidy(self) -> None:
        """Nobody counts any more; what is not read would be kept for ever."""
        if not self._port.raw.closed:
            self._read()
            self._asked.clear()
            self._port.control.chores.after(_TIDY_S, self._tidy)
