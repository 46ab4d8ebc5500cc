"""Which message a handler is at: what `reply` answers, also from a task that the handler has started."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from orchestrator.sdk.errors import NodeError
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from orchestrator.sdk.socket import Socket

ANSWERS: Final = (
    SocketType.REP,
    SocketType.ROUTER,
    SocketType.STREAM,
    SocketType.DEALER,
    SocketType.PAIR,
)
"""The types on which there is a way back."""

at_hand: ContextVar[tuple[Socket, Any] | None] = ContextVar("orchestrator_at_hand", default=None)
"""The socket and the peer (or None) of the message that is being handled."""


def reply(message: Any) -> None:
    """Send `message` to whoever sent the one that is being handled.

    Raises NodeError outside a handler of a REP, ROUTER, DEALER, PAIR or STREAM socket, and what `send`
    raises.
    """
    found = at_hand.get()
    if found is None:
        raise NodeError(
            "reply() outside a handler: there is nobody to answer",
            "call it in the handler of a REP, ROUTER, DEALER or PAIR socket, or keep the peer: peer.reply(…)",
        )
    socket, peer = found
    if peer is None:
        socket.send(message)
    else:
        socket.send(message, peer=peer)
