"""Counting a socket's peers with libzmq's monitor, for `ready: {peers: …}`."""

from __future__ import annotations

import sys
from typing import Any

import zmq

from orchestrator.transport.sockets import Socket

_OPENED = zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED
_UP = zmq.EVENT_HANDSHAKE_SUCCEEDED
_DOWN = zmq.EVENT_DISCONNECTED


class PeerCount:
    """Peers of one socket that have finished the handshake.

    A peer of a wrong type connects and disconnects without a handshake, again and again, and the event of the
    handshake does not say whose it was (its value is 0, not a descriptor). So a disconnection is taken for
    that of a connection without a handshake as long as there is one; where that was wrong, the next
    disconnection mends it.

    Make it before the socket is bound or connected.
    """

    def __init__(self, socket: Socket, needed: int) -> None:
        self._socket = socket
        self._needed = needed
        self._open = 0
        self._present = 0
        self.monitor: Any = socket.get_monitor_socket(_OPENED | _UP | _DOWN)

    def read(self) -> None:
        """Take in what happened since the last call."""
        while True:
            try:
                head = self.monitor.recv(zmq.NOBLOCK)
                self.monitor.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self.note(int.from_bytes(head[:2], sys.byteorder))

    def note(self, event: int) -> None:
        """Take in one event of zmq_socket_monitor(3)."""
        if event & _OPENED:
            self._open += 1
        elif event == _UP:
            self._present += 1
        elif event == _DOWN and self._open:
            self._open -= 1
            self._present = min(self._present, self._open)

    @property
    def enough(self) -> bool:
        return self._present >= self._needed

    def close(self) -> None:
        self._socket.disable_monitor()
