"""Where the envelope and the payload lie in the frames of a message, per socket type, as docs/protocol.md has
it. Pure: frames in, parts out."""

from __future__ import annotations

from typing import Final, NamedTuple

from orchestrator.sdk.framing import Peer, WayBack
from orchestrator.vocabulary import SocketType
from orchestrator.wire.envelope import FIXED, EnvelopeError, Flag, Flaw, Header, is_enveloped, unpack

_TOPICS: Final = (SocketType.SUB, SocketType.XSUB)
MOST_RECORDS: Final = 1 << 20
"""Of a batch. A few bytes could claim, or decompress to, so many that they fill the memory."""


class Unwrapped(NamedTuple):
    header: Header
    frames: list[bytes]
    """From the one on that begins with the header."""
    extra: str | Peer | None
    """The topic (SUB, XSUB), or the peer (ROUTER, and DEALER behind a ROUTER)."""

    @property
    def payload(self) -> list[bytes | memoryview]:
        """Its frames; one, unless the header lies in a frame of its own."""
        return payload_of(self.header, self.frames)


def count_records(header: Header, frames: list[bytes]) -> int:
    """How many records these frames hold. Raises EnvelopeError for a batch that cannot hold what it says,
    before anybody counts that. What the header of another message says does not count."""
    if not header.flags & Flag.BATCH:
        return 1
    count, size = header.count, sum(map(len, frames)) - header.length
    if count > MOST_RECORDS:
        raise EnvelopeError(f"a batch of {count} records, and {MOST_RECORDS} are taken", Flaw.BATCH)
    size = header.plain_size if header.compression is not None else size
    if not header.flags & Flag.SHARED and (size < 4 * count or not count):
        raise EnvelopeError(f"{size} bytes do not hold {count} records", Flaw.BATCH)
    return count


def payload_of(header: Header, frames: list[bytes]) -> list[bytes | memoryview]:
    """What follows the header in these frames, of which it begins the first."""
    if header.flags & Flag.DETACHED:
        return [*frames[1:]]
    return [memoryview(frames[0])[header.length :]]


def unwrap(socket_type: SocketType, frames: list[bytes], way_back: WayBack | None = None) -> Unwrapped:
    """A message taken apart. Raises EnvelopeError."""
    rest, extra = _without_head(socket_type, frames, way_back)
    first = rest[0]
    if not is_enveloped(first):
        flaw = Flaw.SHORT if len(first) < FIXED.size else Flaw.MAGIC
        raise EnvelopeError("no envelope: the sender's socket has none (`envelope: true` at both ends)", flaw)
    header = unpack(first)
    if not header.flags & Flag.DETACHED:
        if len(rest) != 1:
            raise EnvelopeError(f"{len(rest)} frames, and the header tells of one", Flaw.FRAMES)
        return Unwrapped(header, rest, extra)
    if len(rest) == 1 or len(first) != header.length:
        raise EnvelopeError("the header should have a frame of its own, and others behind it", Flaw.FRAMES)
    if len(rest) > 2 and header.flags & Flag.BATCH:
        raise EnvelopeError(f"a batch of {len(rest) - 1} frames", Flaw.BATCH)
    return Unwrapped(header, rest, extra)


def _without_head(
    socket_type: SocketType, frames: list[bytes], way_back: WayBack | None
) -> tuple[list[bytes], str | Peer | None]:
    """The frames from the header on, and what those before it say.

    The header tells itself by its first bytes: so a publisher without a topic may send it in a frame of its
    own, and an empty frame of a payload is no delimiter.
    """
    if socket_type is SocketType.ROUTER:
        return _routed(frames, way_back)
    if len(frames) == 1 or is_enveloped(frames[0]):
        return frames, None
    if socket_type in _TOPICS:
        return frames[1:], str(frames[0], "utf-8", "surrogateescape")
    if socket_type is SocketType.DEALER:
        return (frames[1:], None) if not frames[0] else _routed(frames, way_back)
    return frames, None


def _routed(frames: list[bytes], way_back: WayBack | None) -> tuple[list[bytes], Peer]:
    """The peer's id comes first, then perhaps those of others on the way, up to an empty frame (RFC 28)."""
    end = 1
    if len(frames) > 2 and not is_enveloped(frames[1]) and b"" in frames[1:-1]:
        end = frames.index(b"", 1) + 1
    if len(frames) == 1:
        raise EnvelopeError("a message without an envelope", Flaw.FRAMES)
    return frames[end:], Peer(tuple(frames[:end]), way_back)
