"""Whether a socket waits for ever."""

from __future__ import annotations

from orchestrator.model.types import Socket
from orchestrator.transport.option_names import option_of


def is_bounded(socket: Socket) -> bool:
    """Whether a REQ stops waiting by itself: `retry`, `failover`, `rcvtimeo`, or `req_relaxed`."""
    if socket.qos.retry is not None or socket.qos.failover is not None:
        return True
    timeout = option_of(socket.options, "rcvtimeo")
    limited = isinstance(timeout, int) and not isinstance(timeout, bool) and timeout >= 0
    return limited or bool(option_of(socket.options, "req_relaxed"))
