"""Peers that fail before anybody is asked about them: without the mechanism, or with a wrong server key.

The monitor of a socket tells that a handshake failed, and which descriptor was closed, not whose it was. So
the address is asked of the kernel when a connection is accepted. One that has ended by then stays unnamed:
its descriptor may be another peer's by now.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Final

import zmq

from orchestrator.host.counts import kind_of
from orchestrator.wire.qos import Mechanism

GONE: Final = "a peer that was gone at once"
_LOCAL: Final = "a local peer"
_BROKEN: Final = int(zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
_FAILED: Final = (_BROKEN, int(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL))
_ENDED: Final = int(zmq.EVENT_DISCONNECTED)
_CAME: Final = int(zmq.EVENT_ACCEPTED)


class Vestibule:
    """Of one socket that binds. `hear` is called by one thread at a time."""

    def __init__(
        self, name: str, mechanism: Mechanism, refused: Callable[[str, str, str, str], None]
    ) -> None:
        self._name = name
        self._mechanism = mechanism
        self._refused = refused
        self._who: dict[int, str] = {}
        """Descriptor -> who came by it."""
        self._failure: tuple[str, str] | None = None

    def hear(self, events: Sequence[tuple[int, int]]) -> None:
        """Events in their order. What ends in them has no address any more."""
        ended = {value for event, value in events if event == _ENDED}
        for event, value in events:
            if event == _CAME:
                self._who[value] = GONE if value in ended else who_is(value)
            elif event in _FAILED:
                self._failure = why(event, value, self._mechanism)
            elif event == _ENDED:
                who, failure = self._who.pop(value, GONE), self._failure
                self._failure = None
                if failure is not None:
                    self._refused(self._name, who, *failure)


def why(event: int, value: int, mechanism: Mechanism) -> tuple[str, str]:
    """The kind of a failure, and its reason in a person's words."""
    if event == _BROKEN:
        if value in (errno.ETIMEDOUT, errno.EAGAIN):
            return "late", "it did not finish the handshake in time"
        return "broken", f"it left in the handshake: it has no {mechanism}, or a stale key of this server"
    match kind_of(event, value):
        case "key":
            return "key", "its key for this server is not this server's"
        case "mechanism":
            return "mechanism", f"it does not speak {mechanism}"
        case _:
            return "protocol", "what it says is not ZMTP"


def who_is(descriptor: int) -> str:
    """The address of a connection's other end; of a local one the process."""
    try:
        connection = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return GONE
    with connection:
        try:
            name = connection.getpeername()
            if isinstance(name, tuple):
                return str(name[0])
            return _process(connection)
        except OSError:
            return GONE


def _process(connection: socket.socket) -> str:
    if not hasattr(socket, "SO_PEERCRED"):
        return _LOCAL
    size = struct.calcsize("3i")
    pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return f"process {pid} of user {uid}"
