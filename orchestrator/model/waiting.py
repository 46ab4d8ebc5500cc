"""Whether a socket waits for ever."""

from __future__ import annotations

from orchestrator.model.types import Socket
from orchestrator.transport.option_names import option_of


def is_bounded(socket: Socket) -> bool:
    """Whether a REQ stops waiting by itself: `rcvtimeo`, or `req_relaxed`, which lets it ask again."""
    timeout = option_of(socket.options, "rcvtimeo")
    limited = isinstance(timeout, int) and not isinstance(timeout, bool) and timeout >= 0
    return limited or bool(option_of(socket.options, "req_relaxed"))
