"""How a message's parts lie in ZeroMQ frames, per socket type. Pure: frames in, parts out.

* PUB, XPUB: topic, payload when a topic is given or topics are declared; else payload.
* SUB, XSUB: two frames are topic, payload; one frame is payload.
* ROUTER: envelope, payload. The envelope is the peer's routing id and whatever follows it up to and
including the first empty frame, if there is one before the payload (RFC 28).
* DEALER: an empty delimiter goes before the payload if the peer is a REP; one that arrives is cut off.
* STREAM: peer, data.
* All others: payload.

With the raw codec a payload may have several frames and is then a list.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.vocabulary import SocketType


@dataclass(frozen=True, slots=True)
class Peer:
    """Who sent a message to a ROUTER, as a handle for the answer: `self.sockets.x.send(answer, peer=peer)`.

    Hashable: keep it in a dict or a set to send to the peer later.
    """

    envelope: tuple[bytes, ...]
    """The frames that lead back: routing ids, and the empty delimiter if the peer sent one."""

    @property
    def id(self) -> bytes:
        """The routing id of the direct peer."""
        return self.envelope[0]

    def __str__(self) -> str:
        text = self.id.decode("ascii", "replace")
        return text if text.isprintable() else self.id.hex()


def split(socket_type: SocketType, frames: list[bytes]) -> tuple[list[bytes], str | Peer | None]:
    """The payload's frames, and the topic (SUB, XSUB) or the peer (ROUTER, STREAM). Raises ValueError."""
    match socket_type:
        case SocketType.SUB | SocketType.XSUB:
            if len(frames) == 1:
                return frames, None
            return frames[1:], str(frames[0], "utf-8", "surrogateescape")
        case SocketType.ROUTER:
            return _split_router(frames)
        case SocketType.STREAM:
            return frames[1:], Peer((frames[0],))
        case SocketType.DEALER if len(frames) > 1 and not frames[0]:
            return frames[1:], None
        case _:
            return frames, None


def _split_router(frames: list[bytes]) -> tuple[list[bytes], Peer]:
    if len(frames) < 2:
        raise ValueError("a message without payload")
    for position in range(1, len(frames) - 1):
        if not frames[position]:
            return frames[position + 1 :], Peer(tuple(frames[: position + 1]))
    return frames[1:], Peer((frames[0],))


def topic_frame(topic: str | bytes) -> bytes:
    """A topic as it goes on the wire."""
    return topic if isinstance(topic, bytes) else topic.encode("utf-8", "surrogateescape")
