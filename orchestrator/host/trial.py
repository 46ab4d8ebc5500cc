"""A connection that carries nothing: whether a server takes these keys."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

import zmq

from orchestrator.errors import RunError
from orchestrator.host.guarding import Keys
from orchestrator.transport import security
from orchestrator.transport.sockets import Context, connect, make_socket
from orchestrator.wire.launch import SocketLaunch

_PATIENCE_S: Final = 3.0
"""A server that has its port open twice is come to by the right one after a few attempts."""
_EVENTS: Final = int(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH)


class Trial:
    """Begins with its making. Belongs to one thread. For types that receive nothing unasked."""

    def __init__(self, context: Context, socket: SocketLaunch, keys: Keys) -> None:
        self._until = time.monotonic() + _PATIENCE_S
        self._result: bool | None = None
        self._raw = make_socket(context, socket.type)
        self._raw.setsockopt(zmq.LINGER, 0)
        self._monitor: Any = self._raw.get_monitor_socket(_EVENTS)
        try:
            security.guard_client(self._raw, socket.security, keys.server)
            connect(self._raw, keys.address)
        except RunError:
            self._result = False

    def look(self) -> bool | None:
        """Whether the keys work; None when that is not known yet."""
        while self._result is None:
            try:
                head, _ = self._monitor.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            event = int.from_bytes(head[:2], sys.byteorder)
            self._result = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
        if self._result is None and time.monotonic() > self._until:
            self._result = False
        return self._result

    def close(self) -> None:
        """Give everything back."""
        self._raw.disable_monitor()
        self._monitor.close(0)
        self._raw.close(0)
