"""How a message's parts lie in ZeroMQ frames, per socket type. Pure: frames in, parts out.

* PUB, XPUB: topic, payload when a topic is given or topics are declared; else payload.
* SUB, XSUB: two frames are topic, payload; one frame is payload.
* ROUTER: envelope, payload. The envelope is the peer's routing id and whatever follows it up to and
including the first empty frame, if there is one before the payload (RFC 28).
* DEALER: an empty delimiter goes before the payload if the peer is a REP; one that arrives is cut off. What
came through a ROUTER begins with an envelope, as a ROUTER's messages do.
* STREAM: peer, data.
* All others: payload.

With the raw codec a payload may have several frames and is then a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.sdk.errors import NodeError
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import MessageId

Frames = list[bytes]
WayBack = Callable[[Any, "Peer"], None]
Asked = tuple[MessageId, MessageId | None]
"""A message, and the request it belongs to, if it is one."""


class Peer:
    """Who sent a message to a ROUTER, as a handle for the answer: `peer.reply(answer)`, or
    `self.sockets.x.send(answer, peer=peer)`.

    Hashable, and equal to every other with the same envelope: keep it in a dict or a set to send to the peer
    later. No dataclass: one is made for each message, and a frozen one takes three times as long.
    """

    __slots__ = ("asked", "envelope", "way_back")

    def __init__(
        self, envelope: tuple[bytes, ...], way_back: WayBack | None = None, asked: Asked | None = None
    ) -> None:
        self.envelope = envelope
        """The frames that lead back: routing ids, and the empty delimiter if the peer sent one."""
        self.way_back = way_back
        self.asked = asked
        """What a reply has to name, where messages have an envelope."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Peer) and self.envelope == other.envelope

    def __hash__(self) -> int:
        return hash(self.envelope)

    def __repr__(self) -> str:
        return f"Peer({self.envelope!r})"

    def reply(self, message: Any) -> None:
        """Send `message` to the peer, on the socket that its own came by; now or later. Raises what `send`
        raises."""
        if self.way_back is None:
            raise NodeError(f"peer {self} came by no socket: send(message, peer=peer)")
        self.way_back(message, self)

    @property
    def id(self) -> bytes:
        """The routing id of the direct peer."""
        return self.envelope[0]

    def __str__(self) -> str:
        text = self.id.decode("ascii", "replace")
        return text if text.isprintable() else self.id.hex()


def split(
    socket_type: SocketType,
    frames: list[bytes],
    way_back: WayBack | None = None,
    *,
    several: bool = True,
) -> tuple[list[bytes], str | Peer | None]:
    """The payload's frames, and the topic (SUB, XSUB) or the peer (ROUTER, STREAM, DEALER).

    `way_back` is what the peer replies by. `several`: the payload may have several frames, so that an empty
    one inside is no delimiter of a DEALER's.

    Raises ValueError.
    """
    match socket_type:
        case SocketType.SUB | SocketType.XSUB:
            if len(frames) == 1:
                return frames, None
            return frames[1:], str(frames[0], "utf-8", "surrogateescape")
        case SocketType.ROUTER:
            return _split_router(frames, way_back)
        case SocketType.STREAM:
            return frames[1:], Peer((frames[0],), way_back)
        case SocketType.DEALER if len(frames) > 1 and not frames[0]:
            return frames[1:], None
        case SocketType.DEALER if not several and b"" in frames[1:-1]:
            return _split_router(frames, way_back)
        case _:
            return frames, None


def _split_router(frames: list[bytes], way_back: WayBack | None) -> tuple[list[bytes], Peer]:
    if len(frames) < 2:
        raise ValueError("a message without payload")
    for position in range(1, len(frames) - 1):
        if not frames[position]:
            return frames[position + 1 :], Peer(tuple(frames[: position + 1]), way_back)
    return frames[1:], Peer((frames[0],), way_back)


def topic_frame(topic: str | bytes) -> bytes:
    """A topic as it goes on the wire."""
    return topic if isinstance(topic, bytes) else topic.encode("utf-8", "surrogateescape")
