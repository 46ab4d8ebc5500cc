"""The frame that goes before a copy of a message, from a node to whoever taps it (docs/protocol.md)."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

_HEAD: Final = struct.Struct("<BQQ")
"""Which way, when (nanoseconds since 1970), how many copies were dropped before this one; then the name."""
SENT: Final = 0
RECEIVED: Final = 1


class CopyHead(NamedTuple):
    """Of what the frames behind it are a copy."""

    way: int
    at_ns: int
    dropped: int
    """Copies that were not made since the tap began, because there was no room."""
    ref: str
    """`instance.socket`."""


class CopyError(ValueError):
    """A frame that is no head of a copy."""


def pack_head(head: CopyHead) -> bytes:
    """The frame."""
    return _HEAD.pack(head.way, head.at_ns, head.dropped) + head.ref.encode()


def read_head(frame: bytes) -> CopyHead:
    """Read the frame. Raises CopyError."""
    try:
        way, at_ns, dropped = _HEAD.unpack_from(frame)
        return CopyHead(way, at_ns, dropped, frame[_HEAD.size :].decode())
    except (struct.error, UnicodeDecodeError) as error:
        raise CopyError(str(error)) from error
