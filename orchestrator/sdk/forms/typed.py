"""Sockets as a type checker sees them: `ticks: In[Tick]`, `orders: Out[Order]` in a class or a signature.

    class Strategy(Node):
        ticks: In[Tick]
        orders: Out[Order]

At run time each is the `Socket` of that name. These classes only say what a socket of that direction can do,
and with which messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import zmq

    from orchestrator.sdk.framing import Peer
    from orchestrator.sdk.reports.progress import SocketCounters
    from orchestrator.vocabulary import SocketType

T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)
Reply_co = TypeVar("Reply_co", covariant=True)


class _Common(Protocol):
    """What every socket has."""

    name: str
    type: SocketType
    counters: SocketCounters
    raw: zmq.Socket[bytes]
    """The `zmq.Socket` itself. What goes through it is neither encoded nor counted."""


class In(_Common, Protocol[T_co]):
    """A socket that receives: SUB, PULL, and the receiving side of PAIR and DEALER."""

    def recv(self, timeout: float | None = None) -> T_co:
        """The next message. Raises Timeout after `timeout` seconds, and Stopped."""

    def receive(self, timeout: float | None = None) -> tuple[T_co, str | Peer | None]:
        """Like `recv`, with the topic (SUB, XSUB) or the peer beside the message."""

    def take(self) -> tuple[T_co, str | Peer | None] | None:
        """The next message that is there already, or None. Never waits."""

    def __iter__(self) -> Iterator[T_co]:
        """Messages until the node is to stop."""


class Out(_Common, Protocol[T_contra]):
    """A socket that sends: PUB, PUSH, and the sending side of PAIR and DEALER."""

    def send(
        self, message: T_contra, *, topic: str | bytes | None = None, timeout: float | None = None
    ) -> None:
        """Encode and send one message; waits while there is no room."""

    def try_send(self, message: T_contra, *, topic: str | bytes | None = None) -> bool:
        """The same without waiting. Whether there was room."""

    def ready_to_send(self) -> bool:
        """Whether there is room for a message now."""

    async def room(self) -> None:
        """Wait until there is, in `async def`."""


class Ask(_Common, Protocol[T_contra, Reply_co]):
    """A REQ, or a DEALER that asks and waits."""

    def request(self, message: T_contra, *, timeout: float | None = None) -> Reply_co:
        """Send and return the reply."""


class Answer(_Common, Protocol[T_co, T_contra]):
    """A REP or a ROUTER: requests come in, replies go back to who asked."""

    def receive(self, timeout: float | None = None) -> tuple[T_co, str | Peer | None]:
        """The next request and its peer."""

    def send(self, message: T_contra, *, peer: Peer | None = None, timeout: float | None = None) -> None:
        """Reply; on a ROUTER to `peer`."""


class InOut(In[T_co], Out[T_contra], Protocol[T_co, T_contra]):
    """A PAIR or DEALER used both ways."""


KINDS: dict[Any, tuple[bool, bool]] = {
    In: (True, False),
    Out: (False, True),
    Ask: (True, True),
    Answer: (True, True),
    InOut: (True, True),
}
"""Each with whether it receives and whether it sends."""

__all__ = ["KINDS", "Answer", "Ask", "In", "InOut", "Out"]
