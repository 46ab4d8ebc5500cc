"""Units that an earlier supervisor started: they are called until their connection is there again.

A node reconnects by itself; nobody but its supervisor knows that there is something to be said. So it is
addressed by the routing id that it was given at its start, which no other run and no other attempt has.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterable
from typing import Final

from orchestrator.wire.control import Kind, encode, ping

PAUSE_S: Final = 0.02
_SLOW_PAUSE_S: Final = 0.5
_TRIES: Final = 250
"""So often it is tried in short order; a program that never speaks the protocol is not called for ever."""
GRACE_S: Final = 2.0
"""How long a node may take to connect again before its silence counts, on top of what it always may."""

Push = Callable[[bytes, Iterable[bytes]], bool]
"""Sends frames to a routing id; whether there is such a peer."""


def routing_id(token: str, unit: str, attempt: int, role: str) -> bytes:
    """The routing id of a connection of an attempt: 32 characters that nobody guesses without the token."""
    text = f"{token} {unit} {attempt} {role}"
    return hashlib.blake2s(text.encode(), digest_size=16).hexdigest().encode()


class Reaching:
    """Who has not been reached yet, and what waits to be said to them."""

    def __init__(self, push: Push) -> None:
        self._push = push
        self._waiting: dict[str, tuple[bytes, bytes, list[list[bytes]]]] = {}
        self._timer: asyncio.Handle | None = None
        self._tries = 0

    def add(self, unit: str, control_id: bytes, heartbeat_id: bytes) -> None:
        """Begin to call a unit."""
        self._waiting[unit] = control_id, heartbeat_id, []
        self._tries = 0
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._call)

    def holds(self, unit: str, frames: list[bytes]) -> bool:
        """Whether the unit is not reached yet; then the message waits until it is."""
        waiting = self._waiting.get(unit)
        if waiting is not None:
            waiting[2].append(frames)
        return waiting is not None

    def found(self, unit: str) -> list[list[bytes]]:
        """The unit spoke first, or there is another process of it: what was waiting for it."""
        return self._waiting.pop(unit, (b"", b"", []))[2]

    def close(self) -> None:
        """Call no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._waiting.clear()

    def _call(self) -> None:
        self._timer = None
        for unit, (control_id, heartbeat_id, messages) in list(self._waiting.items()):
            again = encode(Kind.AGAIN, unit, {"pid": os.getpid()})
            if self._push(control_id, again):
                del self._waiting[unit]
                for frames in messages:
                    self._push(control_id, frames)
                self._push(heartbeat_id, ping(unit, b"again"))
        self._tries += 1
        if self._waiting:
            pause_s = PAUSE_S if self._tries < _TRIES else _SLOW_PAUSE_S
            self._timer = asyncio.get_running_loop().call_later(pause_s, self._call)
