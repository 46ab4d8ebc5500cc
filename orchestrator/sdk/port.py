"""A raw socket together with all that sending and receiving on it share: its owner's wait, its counters, who
is told of trouble."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import MethodType
from typing import Any, Final

import zmq

from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.errors import NodeError, Stopped, Timeout
from orchestrator.sdk.framing import WayBack
from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.vocabulary import SocketType

LONG_S = 60.0
"""The longest single wait; what has no end is waited for again and again."""
STOP_SEND_S = 0.2
"""How long a send may still wait for room once the node is to stop."""

Wait = Callable[[int, "float | None"], None]


RawSend = Callable[..., object]

_TURNS: Final = {
    (True, True): (
        "it has nothing to answer: it sends one reply to each message that it gets",
        "return the reply or send it, once; where there may be several, or none, use a ROUTER",
    ),
    (True, False): (
        "the message before has not been answered",
        "send a reply to each message before the next one is taken",
    ),
    (False, True): (
        "it waits for the reply to what it has sent before",
        "take the reply first, with recv() or request(); `retry` of the socket has it go on without one; a "
        "DEALER may have several requests open",
    ),
    (False, False): ("it has asked nothing", "send first: request(message) does both"),
}
"""(whether it is a REP, whether it sends) -> what is wrong, and what to do."""


def _send_of(raw: zmq.Socket[bytes] | None) -> RawSend:
    """The `send` of libzmq's socket. The method that pyzmq puts before it knows more arguments, and takes as
    long again as the sending itself (measured)."""
    if isinstance(raw, zmq.backend.Socket):
        return MethodType(zmq.backend.Socket.send, raw)
    return _nowhere if raw is None else raw.send


def _nowhere(*_: object) -> None:
    """Where there is no socket, nothing is sent by one."""
    raise NodeError("there is no socket to send by")


class Port:
    """One per socket of a node. Belongs to the thread that runs the node."""

    __slots__ = (
        "bad",
        "control",
        "counters",
        "name",
        "on_send",
        "raw",
        "raw_send",
        "reporter",
        "sender",
        "tap",
        "type",
        "wait",
        "way_back",
    )

    def __init__(
        self,
        *,
        name: str,
        socket_type: SocketType,
        raw: zmq.Socket[bytes],
        control: NodeControl,
        reporter: Reporter,
        sender: str = "",
    ) -> None:
        self.name = name
        self.type = socket_type
        self.raw = raw
        self.control = control
        self.reporter = reporter
        self.sender = sender or name
        """`instance.socket`, as envelopes have it."""
        self.counters = SocketCounters()
        self.raw_send = _send_of(raw)
        """`raw.send`, for the first three of its arguments."""
        self.on_send: Callable[[], None] | None = None
        self.tap: Callable[[list[bytes], bool], None] | None = None
        """Called with the frames of each message, and whether it was sent (or received)."""
        self.bad: Callable[[str, list[bytes], str], None] = self._count_bad
        """Told of a message that cannot be used: the reason, its frames, where it came from."""
        self.wait: Wait = self.poll
        self.way_back: WayBack | None = None
        """What the peers of messages reply by."""

    def out_of_turn(self, error: zmq.ZMQError, *, sends: bool) -> None:
        """Raise NodeError where `error` says that it is not its turn: a REQ and a REP send and receive
        by turns (EFSM)."""
        if error.errno != zmq.EFSM:
            return
        what, remedy = _TURNS[self.type is SocketType.REP, sends]
        raise NodeError(f"socket {self.name!r} is a {self.type}: {what}", remedy) from None

    def _count_bad(self, reason: str, _frames: list[bytes], origin: str) -> None:
        self.counters.undecodable += 1
        self.reporter.undecodable(self.name, reason, origin, self.counters.undecodable)

    def poll(self, events: int, timeout: float | None) -> None:
        """Wait for the socket, the wake descriptor, or the time (seconds). Commands and chores are carried
        out here."""
        control = self.control
        interest: list[tuple[Any, int]] = [(self.raw, events)] if events else []
        if not (control.stopping and events != zmq.POLLIN):
            interest.append((control.wake.fd, zmq.POLLIN))
        milliseconds = -1 if timeout is None else max(0, round(timeout * 1000 + 0.5))
        for item, _ in zmq.zmq_poll(interest, control.poll_ms(milliseconds, idle=False)):
            if item == control.wake.fd:
                control.run_commands()
        control.run_due(idle=False)

    def await_release(self, timeout: float | None) -> float | None:
        """Wait while the socket is held: somebody it sends to is about to end. What is left of `timeout`.

        Raises Timeout and Stopped.
        """
        control, began, stop_at = self.control, time.monotonic(), math.inf
        while True:
            now = time.monotonic()
            held_s = control.held_until(self.name) - now
            if held_s <= 0:
                return None if timeout is None else max(0.0, began + timeout - now)
            if control.stopping:
                stop_at = min(stop_at, now + STOP_SEND_S)
                if now >= stop_at:
                    raise Stopped
            left = math.inf if timeout is None else began + timeout - now
            if left <= 0:
                raise Timeout(f"socket {self.name!r}: held for {timeout} s, while a receiver ends")
            control.progress.busy_since = 0.0
            self.wait(0, min(held_s, left, stop_at - now, LONG_S))
            control.progress.busy_since = time.monotonic()
