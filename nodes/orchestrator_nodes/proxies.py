"""Brokers on libzmq's own proxy loop:

messages pass in C, without the GIL; only the figures are read in Python.
"""

from __future__ import annotations

import struct
import threading
import time
from typing import Any

import zmq

from orchestrator.sdk import Node, NodeError, Socket
from orchestrator.sdk.control.draining import TICK_S, owes
from orchestrator_nodes import params

LOOK_S = 0.5
"""How often the figures are read."""

ANSWER_S = 5
"""The loop answers between two messages; silence for so long means that it has ended."""


class Proxy(Node):
    """Passes messages between `frontend` and `backend` until it is stopped."""

    Params = params.NoParams

    def run(self) -> None:
        context = zmq.Context()
        try:
            while not self.stopping:
                if self._held_s() > 0:
                    self._pass_back()
                else:
                    self._proxy(context)
                self.context.control.run_commands()  # a moved binder: the sockets are this thread's again
        finally:
            context.term()

    def _held_s(self) -> float:
        """How long nothing may go to the backend, because a receiver there is about to end."""
        return min(60.0, self.context.control.held_until("backend") - time.monotonic())

    def _pass_back(self) -> None:
        """Meanwhile what comes back goes on: replies to those who wait for them."""
        frontend, backend = self.sockets.frontend, self.sockets.backend
        control = self.context.control
        while not control.stopping and not control.commands and (held_s := self._held_s()) > 0:
            interest: list[tuple[Any, int]] = [(control.wake.fd, zmq.POLLIN), (backend.raw, zmq.POLLIN)]
            ready = [item for item, _ in zmq.zmq_poll(interest, int(held_s * 1000) + 1)]
            if control.wake.fd in ready:
                return
            if ready:
                frontend.raw.send_multipart(backend.raw.recv_multipart())
                backend.counters.received += 1
                frontend.counters.sent += 1

    def _proxy(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        """Run the loop in a thread of its own until the node is to stop or a command has come."""
        frontend, backend = self.sockets.frontend, self.sockets.backend
        steer, handle = context.socket(zmq.REP), context.socket(zmq.REQ)
        steer.bind("inproc://steer")
        handle.connect("inproc://steer")
        before = (_figures(frontend), _figures(backend))
        loop = threading.Thread(
            target=zmq.proxy_steerable,
            args=(frontend.raw, backend.raw, None, steer),
            name="proxy",
            daemon=True,
        )
        loop.start()
        try:
            self._watch(handle, before)
        finally:
            handle.setsockopt(zmq.REQ_RELAXED, 1)  # a question may still be open
            handle.send(b"TERMINATE")
            loop.join(ANSWER_S)
            steer.close(0)
            handle.close(0)

    def _watch(self, handle: zmq.Socket[bytes], before: tuple[tuple[int, int], tuple[int, int]]) -> None:
        control = self.context.control
        while not control.stopping and not control.commands:
            control.progress.busy_since = 0.0
            look_s = LOOK_S if control.drain is None else TICK_S
            if zmq.zmq_poll([(control.wake.fd, zmq.POLLIN)], int(look_s * 1000)):
                return
            handle.send(b"STATISTICS")
            if not handle.poll(1000 * ANSWER_S):
                raise NodeError("libzmq's proxy loop does not answer")
            figures = [struct.unpack("=Q", part)[0] for part in handle.recv_multipart()]
            self._count(self.sockets.frontend, before[0], received=figures[0], sent=figures[2])
            self._count(self.sockets.backend, before[1], received=figures[4], sent=figures[6])
            control.progress.steps = received = sum(s.counters.received for s in self.sockets)
            if control.drain is not None:
                owed = any(owes(s) for s in self.sockets)
                control.drain.note(waiting=False, received=received, owed=owed)

    def _count(self, socket: Socket, before: tuple[int, int], *, received: int, sent: int) -> None:
        socket.counters.received = before[0] + received
        socket.counters.sent = before[1] + sent


def _figures(socket: Socket) -> tuple[int, int]:
    return socket.counters.received, socket.counters.sent


class Forwarder(Proxy):
    """XSUB to XPUB."""


class Streamer(Proxy):
    """PULL to PUSH."""


class Queue(Proxy):
    """ROUTER to DEALER."""

    def setup(self) -> None:
        # libzmq's proxy ends with an error when a reply's client is gone and the ROUTER insists on delivery.
        self.sockets.frontend.raw.setsockopt(zmq.ROUTER_MANDATORY, 0)
