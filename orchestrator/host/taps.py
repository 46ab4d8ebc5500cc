"""Copies of messages for whoever taps a socket of this process (docs/protocol.md, TAP).

Nothing is copied while nobody asks. A tap ends by itself when it is not asked for again in time, so that
nothing is left of one whose supervisor was killed.
"""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import zmq

from orchestrator.host.orders import Tap
from orchestrator.sdk.control.node_control import Controlled, NodeControl
from orchestrator.transport.sockets import Context, make_context
from orchestrator.wire.taps import RECEIVED, SENT, CopyHead, pack_head

_HWM: Final = 1000
"""Copies that wait here for one tap and one socket; what does not fit is counted."""
_SKIPPED: Final = 32
"""After one for which there was no room, so many are left out without a try: a flood that nobody can follow
is slowed down no more than it must be."""
_MAX_SOCKETS: Final = 256

Nodes = Mapping[str, NodeControl]
"""instance -> where its sockets are."""


class Copier:
    """Sends copies of one socket's messages to one tap. Called on the node's thread, closed from another."""

    def __init__(self, context: Context, address: str, ref: str) -> None:
        """`ref` is `instance.socket`."""
        self._ref = ref
        self._dropped = 0
        self._met = False
        self._skip = 0
        self._lock = _thread.allocate_lock()
        self._push: zmq.Socket[bytes] | None = context.socket(zmq.PUSH)
        self._push.setsockopt(zmq.SNDHWM, _HWM)
        self._push.setsockopt(zmq.LINGER, 0)
        self._push.setsockopt(zmq.IMMEDIATE, 1)  # what nobody is there for is not kept
        self._push.connect(address)

    def __call__(self, frames: list[bytes], sent: bool) -> None:
        """Copy one message. Never waits."""
        if self._skip:
            self._skip -= 1
            self._dropped += 1
            return
        with self._lock:
            if self._push is None:
                return
            head = CopyHead(SENT if sent else RECEIVED, time.time_ns(), self._dropped, self._ref)
            try:
                self._push.send_multipart([pack_head(head), *frames], zmq.NOBLOCK)
                self._met = True
            except zmq.Again:
                if self._met:  # before the connection is up nothing is missed
                    self._dropped += 1
                    self._skip = _SKIPPED

    def close(self) -> None:
        """Copy no more. From any thread."""
        with self._lock:
            if self._push is not None:
                self._push.close(0)
                self._push = None


class Taps:
    """All taps of one process. Belongs to the control thread."""

    def __init__(self, nodes: Callable[[], Nodes]) -> None:
        self._nodes = nodes
        self._context: Context | None = None
        self._lock = _thread.allocate_lock()
        """Around each change of a socket's tap."""
        self._until: dict[int, float] = {}
        self._copiers: dict[tuple[int, str, str], Copier] = {}
        """(tap, instance, socket) -> who copies."""

    def order(self, tap: Tap, now: float) -> None:
        """Copy these sockets' messages for so long, or no longer where it is for no time."""
        if tap.seconds <= 0:
            self._end([tap.number])
            return
        self._until[tap.number] = now + tap.seconds
        for instance, socket in tap.sockets:
            key = (tap.number, instance, socket)
            if key not in self._copiers and self._has(instance, socket):
                self._copiers[key] = Copier(self._own_context(), tap.address, f"{instance}.{socket}")
                self._tell(instance, socket)

    def tick(self, now: float) -> None:
        """End what was not asked for again."""
        late = [number for number, until in self._until.items() if until <= now]
        if late:
            self._end(late)

    def close(self) -> None:
        """End all."""
        self._end(list(self._until))

    # ------------------------------------------------------------------ inside

    def _has(self, instance: str, socket: str) -> bool:
        control = self._nodes().get(instance)
        return control is not None and any(s.name == socket for s in control.sockets)

    def _own_context(self) -> Context:
        """Apart from that of the node's links: copies take nothing from those."""
        if self._context is None:
            self._context = make_context(_MAX_SOCKETS)
        return self._context

    def _end(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._until.pop(number, None)
            for key in [key for key in self._copiers if key[0] == number]:
                copier = self._copiers.pop(key)
                self._tell(key[1], key[2])
                copier.close()
        if not self._copiers and self._context is not None:
            self._context.term()
            self._context = None

    def _tell(self, instance: str, socket: str) -> None:
        """Have the socket call those who copy it now."""
        control = self._nodes().get(instance)
        if control is None:
            return
        copiers = [c for key, c in self._copiers.items() if key[1:] == (instance, socket)]
        for found in control.sockets:
            if found.name == socket:
                with self._lock:
                    found.tap = _all(copiers) if copiers else _Ended(found, self._lock)


class _Ended:
    """Nobody taps any more. The node's thread may be about to call what was there, so it is that thread
    which takes it away, at its next message: a node that never waits would carry out no command."""

    def __init__(self, socket: Controlled, lock: _thread.LockType) -> None:
        self._socket = socket
        self._lock = lock

    def __call__(self, frames: list[bytes], sent: bool) -> None:
        with self._lock:
            if self._socket.tap is self:
                self._socket.tap = None


def _all(copiers: list[Copier]) -> Callable[[list[bytes], bool], None]:
    if len(copiers) == 1:
        return copiers[0]

    def each(frames: list[bytes], sent: bool) -> None:
        for copier in copiers:
            copier(frames, sent)

    return each
