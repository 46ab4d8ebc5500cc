"""How a pool lies in its file, and what a handle looks like. Pure: numbers and bytes.

A pool's file holds, each part at a multiple of 4096 bytes:

* the head: what the pool is, and how often a reader had its turn;
* the table: for each block the number of the message that begins in it, 0 where none does. The sender's;
* the columns, one for each reader, which alone writes in it: who it is, the highest number it has seen, and
  for each block what it does with the message there;
* the blocks.

All before the blocks are unsigned 64-bit numbers in the machine's own order, at multiples of 8: each is read
and written in one access.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from orchestrator.wire.envelope import EnvelopeError

MAGIC: Final = int.from_bytes(b"ORCSHM01", "little")
PAGE: Final = 4096
BLOCK: Final = 64 * 1024
"""A message takes so many bytes, or a multiple of them."""
COLUMNS: Final = 32
"""How many readers a pool has room for. Where there are more, messages go through the socket."""
FOREVER: Final = (1 << 63) - 1
"""The number that a reader has seen when it will not read any more."""

# Words of the head.
HEAD_MAGIC, HEAD_BYTES, HEAD_BLOCK, HEAD_COLUMNS, HEAD_TURNS = range(5)
# Words of a column. The one for block i is COLUMN_BLOCKS + i.
COLUMN_TOKEN, COLUMN_NAME, COLUMN_SEEN = range(3)
COLUMN_BLOCKS: Final = 8

# Bytes of the file that are locked (fcntl(2), open file description locks). Their content means nothing.
LOCK_OWNER: Final = 0
"""Held by the sender as long as it lives."""
LOCK_TURN: Final = 1
"""Held by the sender while it gives blocks free, and by a reader that claims a column, or takes a message
whose place is not kept for it. A reader counts its turns in the head."""
LOCK_COLUMNS: Final = 16
"""The one of column i is LOCK_COLUMNS + i, held by its reader as long as it lives."""

_HANDLE: Final = struct.Struct("<QQQQQ")
_OFFER: Final = struct.Struct("<QQ")
_NAME: Final = re.compile(r"[0-9a-f]{16}")


class Handle(NamedTuple):
    """What a frame carries in place of a payload."""

    group: int
    """The run whose pool it is."""
    pool: int
    """The envelope's `source`: a sending socket of a process has one pool."""
    number: int
    """The envelope's `number` of the message."""
    offset: int
    """Bytes from the beginning of the first block; a multiple of the block's size."""
    size: int


class Offer(NamedTuple):
    """What an envelope says of the pool from which later messages could be read."""

    group: int
    pool: int


def pack_handle(handle: Handle) -> bytes:
    return _HANDLE.pack(*handle)


def unpack_handle(payload: bytes | memoryview) -> Handle:
    """Raises EnvelopeError."""
    if len(payload) != _HANDLE.size:
        raise EnvelopeError(f"a handle of {len(payload)} bytes, expected {_HANDLE.size}")
    return Handle(*_HANDLE.unpack(payload))


def pack_offer(offer: Offer) -> bytes:
    return _OFFER.pack(*offer)


def unpack_offer(data: bytes | memoryview) -> Offer:
    """Raises EnvelopeError."""
    if len(data) != _OFFER.size:
        raise EnvelopeError(f"an offer of {len(data)} bytes, expected {_OFFER.size}")
    return Offer(*_OFFER.unpack(data))


def file_name(number: int) -> str:
    """The name of a group's directory, and of a pool's file in it."""
    return f"{number:016x}"


def is_file_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where everything is in a pool's file. Offsets `*_at` are in bytes, `*_word` in words of 8 bytes."""

    size: int
    """Bytes of all blocks."""
    block: int = BLOCK
    columns: int = COLUMNS

    @property
    def blocks(self) -> int:
        return self.size // self.block

    @property
    def table_word(self) -> int:
        return PAGE // 8

    @property
    def columns_at(self) -> int:
        return PAGE + _pages(8 * self.blocks)

    @property
    def column_bytes(self) -> int:
        return _pages(8 * (COLUMN_BLOCKS + self.blocks))

    def column_word(self, column: int) -> int:
        return (self.columns_at + column * self.column_bytes) // 8

    @property
    def data_at(self) -> int:
        return self.columns_at + self.columns * self.column_bytes

    @property
    def file_bytes(self) -> int:
        return self.data_at + self.size

    @classmethod
    def fitting(cls, size: int) -> Geometry:
        """For a pool of about so many bytes: at least one block, and whole ones."""
        return cls(max(BLOCK, size // BLOCK * BLOCK))

    @classmethod
    def read(cls, words: memoryview, file_bytes: int) -> Geometry:
        """What the head of a file says. Raises ValueError where that cannot be."""
        found = cls(words[HEAD_BYTES], words[HEAD_BLOCK], words[HEAD_COLUMNS])
        if words[HEAD_MAGIC] != MAGIC:
            raise ValueError("it is no pool")
        block = found.block
        if block < PAGE or block & (block - 1) or not 0 < found.columns <= 4096 or found.size < block:
            raise ValueError("its head makes no sense")
        if found.file_bytes > file_bytes:
            raise ValueError(f"it has {file_bytes} bytes, and its head says {found.file_bytes}")
        return found


def _pages(count: int) -> int:
    return -(-count // PAGE) * PAGE
