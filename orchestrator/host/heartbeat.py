"""The heartbeat: every PING of the supervisor goes back from a loop in C, which needs no GIL.

`zmq_proxy(dealer, dealer, capture)` takes each message from the supervisor, copies it to `capture` and sends
it back where it came from. A node whose own code holds the GIL for minutes still answers: it is alive.
Whether it makes progress is told by the control thread, which does need the GIL.
"""

from __future__ import annotations

import _thread
import sys
from collections.abc import Callable

import zmq

from orchestrator.host.threads import Background
from orchestrator.transport.sockets import Context

CAPTURE = "inproc://heartbeat-capture"
_UNDISTURBED_S = 10.0
_RECONNECT_MS = 50
_RECONNECT_MAX_MS = 500
"""First and longest pause between attempts to reach a supervisor that may not come before tomorrow."""


def start_echo(
    context: Context, address: str, hello: list[bytes], routing_id: bytes | None = None
) -> Background:
    """Connect to the supervisor, say hello, and echo until `context` is terminated.

    With a `routing_id` the next supervisor can PING over this connection without having heard from it: nobody
    could say hello again, because the socket is the loop's.
    """
    dealer = context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.LINGER, 0)
    if routing_id is not None:
        outlast(dealer, routing_id)
    dealer.connect(address)
    dealer.send_multipart(hello)
    # PUB, because it drops when the control thread does not get the GIL to read; a PUSH would block the echo.
    capture = context.socket(zmq.PUB)
    capture.setsockopt(zmq.LINGER, 0)
    capture.setsockopt(zmq.SNDHWM, 4)
    capture.bind(CAPTURE)

    begun = _thread.allocate_lock()
    begun.acquire()

    def echo() -> None:
        begun.release()
        try:
            zmq.proxy(dealer, dealer, capture)
        except zmq.ContextTerminated:
            pass
        finally:
            dealer.close(0)
            capture.close(0)

    return _in_c(echo, begun)


def outlast(dealer: zmq.Socket[bytes], routing_id: bytes) -> None:
    """Prepare a connection for one supervisor after the other."""
    dealer.setsockopt(zmq.ROUTING_ID, routing_id)
    dealer.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
    dealer.setsockopt(zmq.RECONNECT_IVL_MAX, _RECONNECT_MAX_MS)


def _in_c(echo: Callable[[], None], begun: _thread.LockType) -> Background:
    """Start the loop, and return when it has left the interpreter: user code that takes the GIL and keeps it
    must not come first.

    Having released `begun`, the thread gives the GIL up of its own accord inside the proxy. Nobody may force
    it to do so earlier, hence the switch interval.
    """
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_UNDISTURBED_S)
    try:
        thread = Background(echo)
        with begun:
            return thread
    finally:
        sys.setswitchinterval(interval)


def heard(context: Context) -> zmq.Socket[bytes]:
    """A socket on which copies of the echoed PINGs arrive.

    To be made before `start_echo`: inproc keeps the order.
    """
    capture = context.socket(zmq.SUB)
    capture.setsockopt(zmq.RCVHWM, 4)
    capture.setsockopt(zmq.LINGER, 0)
    capture.setsockopt(zmq.SUBSCRIBE, b"")
    capture.connect(CAPTURE)
    return capture
