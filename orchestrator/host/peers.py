"""Counting a socket's peers with libzmq's monitor, for `ready: {peers: …}`."""

from __future__ import annotations

import sys
from typing import Any

import zmq

from orchestrator.transport.sockets import Socket

_UP = zmq.EVENT_HANDSHAKE_SUCCEEDED
_DOWN = zmq.EVENT_DISCONNECTED
"""A peer of a wrong type connects and disconnects without a handshake, so only handshakes count."""


class PeerCount:
    """Peers of one socket that have finished the handshake.

    Make it before the socket is bound or connected.
    """

    def __init__(self, socket: Socket, needed: int) -> None:
        self._socket = socket
        self._needed = needed
        self._present = 0
        self.monitor: Any = socket.get_monitor_socket(_UP | _DOWN)

    def read(self) -> None:
        """Take in what happened since the last call."""
        while True:
            try:
                head = self.monitor.recv(zmq.NOBLOCK)
                self.monitor.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            event = int.from_bytes(head[:2], sys.byteorder)
            if event == _UP:
                self._present += 1
            elif self._present:
                self._present -= 1

    @property
    def enough(self) -> bool:
        return self._present >= self._needed

    def close(self) -> None:
        self._socket.disable_monitor()
