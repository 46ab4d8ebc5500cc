"""Watching the sockets of a node by libzmq's monitors: for the links of BEAT, and for `ready: {peers: …}`."""

from __future__ import annotations

import _thread
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import zmq

from orchestrator.host.counts import BIND, DOWN, FAILED, NOT_ACCEPTED, OPENED, UP, SocketCount
from orchestrator.host.keychange import Standing
from orchestrator.transport.sockets import Context, Socket

_EVENTS: Final = int(OPENED | UP | DOWN | FAILED | NOT_ACCEPTED | zmq.EVENT_MONITOR_STOPPED)

Listener: TypeAlias = Callable[[Sequence[tuple[int, int]]], None]
"""Told the events, each with its value, that were read together."""


class SocketWatch:
    """One socket's monitor. Make it before the socket is bound or connected; any thread may use it.

    The events wait in a pipe until somebody looks: no thread, and no wake-up, is theirs. The pipe has no
    limit, because libzmq's I/O thread would wait at a full one, and with it all traffic of the process.
    """

    def __init__(self, context: Context, socket: Socket, name: str) -> None:
        self.count = SocketCount()
        self.news = False
        """Whether something came that has not been told yet."""
        self._socket = socket
        self._lock = _thread.allocate_lock()
        self._lent = False
        self._listener: Listener | None = None
        self._heard: list[tuple[int, int]] = []
        address = f"inproc://monitor.{name}"
        socket.monitor(address, _EVENTS)
        self._reader: Any = context.socket(zmq.PAIR)
        self._reader.setsockopt(zmq.RCVHWM, 0)
        self._reader.setsockopt(zmq.LINGER, 0)
        self._reader.connect(address)
        self._descriptor = int(self._reader.getsockopt(zmq.FD))

    # ------------------------------------------------------------------ what the wiring does

    def expect(self, address: str) -> None:
        """The socket is about to connect to `address`."""
        with self._lock:
            self.count.expect(address, time.monotonic())

    def stand_by(self, address: str) -> None:
        """The socket is not connected to `address`, and is going to be when another server fails."""
        with self._lock:
            self.count.stand_by(address, time.monotonic())
            self.news = True

    def forget(self, address: str) -> None:
        """The socket has left `address`."""
        with self._lock:
            self._take_in()
            self.count.forget(address)

    def close(self) -> None:
        """End the monitor before its reader: libzmq waits for ever to write to a monitor nobody reads."""
        with self._lock:
            if self._reader is None:
                return
            if not self._socket.closed:
                self._socket.monitor(None, 0)
            self._reader.close(0)
            self._reader = None

    # ------------------------------------------------------------------ what the control thread does

    def told(self, now: float) -> dict[str, Any] | None:
        """The socket's entry of `links`; None when it is not known: closed, or watched by the user's code."""
        with self._lock:
            if not self._lent:
                self._take_in()
            self.news = False
            return None if self._reader is None else self.count.told(now)

    def look(self) -> bool:
        """Take in what has happened; whether there is anything to tell."""
        with self._lock:
            if not self._lent:
                self._take_in()
            return self.news

    # ------------------------------------------------------------------ what the gate does

    def listen(self, listener: Listener) -> None:
        """Have all events told, on whichever thread reads them and with the lock held."""
        self._listener = listener

    @property
    def descriptor(self) -> int:
        """Readable when there may be events (poll(2)); -1 when somebody else waits for them, or it is
        closed."""
        return -1 if self._reader is None or self._lent else self._descriptor

    def standing(self, address: str, now: float) -> Standing:
        """Of an address that the socket connects to."""
        with self._lock:
            count = self.count.endpoints.get(address)
            if count is None:
                return Standing()
            return Standing(
                peers=count.peers,
                since_s=now - count.changed,
                kind=count.last if count.row else "",
                failed_s=now - count.failed_at,
            )

    def refused(self, kind: str) -> None:
        """A peer was turned away in a manner of which libzmq tells nothing."""
        with self._lock:
            self.count.refused(kind, time.monotonic())
            self.news = True

    def inside(self) -> tuple[int, int]:
        """How many peers of those that came to a bound address are there, and how many came by now."""
        with self._lock:
            bound = self.count.endpoints.get(BIND)
            return (0, 0) if bound is None else (bound.peers, bound.ok)

    # ------------------------------------------------------------------ who waits for peers

    def lend(self) -> Any:
        """The reader, to wait on it: until `give_back` nobody else touches it. None when it is closed."""
        with self._lock:
            self._lent = True
            return self._reader

    def give_back(self) -> None:
        """The control thread may read again."""
        self._lent = False

    def read(self) -> int:
        """For whom it is lent to: take in what has happened; how many peers there are."""
        with self._lock:
            self._take_in()
            return self.count.peers

    def peers(self) -> int:
        """How many peers have finished the handshake, as of now."""
        with self._lock:
            if not self._lent:
                self._take_in()
            return self.count.peers

    def addressees(self) -> tuple[int, int]:
        """For whoever sends: for how many libzmq may keep a message, as of now, and a number that changes
        whenever one comes or goes. 0 where it is not known: closed, or watched by the user's code."""
        with self._lock:
            if self._reader is None:
                return 0, 0
            if not self._lent and self._reader.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                self._take_in()
            return self.count.addressees

    def _take_in(self) -> None:
        while self._reader is not None and self._take_one():
            pass
        if self._listener is not None and self._heard:
            heard, self._heard = self._heard, []
            self._listener(heard)

    def _take_one(self) -> bool:
        """Take in one event; whether there was one."""
        try:
            head = self._reader.recv(zmq.NOBLOCK)
            address = self._reader.recv(zmq.NOBLOCK)
        except zmq.Again:
            return False
        self.news = True
        event = int.from_bytes(head[:2], sys.byteorder)
        if event == zmq.EVENT_MONITOR_STOPPED:  # a socket has one: the user's code watches by itself
            self._reader.close(0)
            self._reader = None
            return False
        value = int.from_bytes(head[2:6], sys.byteorder)
        self.count.note(event, value, address.decode(errors="replace"), time.monotonic())
        if self._listener is not None:
            self._heard.append((event, value))
        return True
