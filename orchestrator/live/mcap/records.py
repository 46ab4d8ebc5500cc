"""The records of an MCAP file as bytes, and back. Pure. https://mcap.dev/spec, "Records"."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

MAGIC: Final = b"\x89MCAP0\r\n"


class Op(IntEnum):
    """The kind of a record."""

    HEADER = 0x01
    FOOTER = 0x02
    SCHEMA = 0x03
    CHANNEL = 0x04
    MESSAGE = 0x05
    CHUNK = 0x06
    MESSAGE_INDEX = 0x07
    CHUNK_INDEX = 0x08
    STATISTICS = 0x0B
    METADATA = 0x0C
    METADATA_INDEX = 0x0D
    SUMMARY_OFFSET = 0x0E
    DATA_END = 0x0F


class McapError(ValueError):
    """Bytes that are no such record; the text says why."""


class Schema(NamedTuple):
    id: int
    name: str
    encoding: str
    data: bytes


class Channel(NamedTuple):
    id: int
    schema_id: int
    topic: str
    encoding: str
    metadata: Mapping[str, str]


class Message(NamedTuple):
    channel_id: int
    sequence: int
    log_time: int
    """Nanoseconds since 1970, as all times here."""
    publish_time: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkIndex:
    """Where a chunk is, and what is in it."""

    start_time: int
    end_time: int
    offset: int
    length: int
    compression: str
    compressed_size: int
    size: int
    index_offsets: Mapping[int, int] = field(default_factory=dict)
    """channel -> where its message index is."""
    index_length: int = 0


_OP: Final = struct.Struct("<BQ")
HEAD_SIZE: Final = _OP.size
_MESSAGE: Final = struct.Struct("<HIQQ")
_CHUNK: Final = struct.Struct("<QQQI")
_CHUNK_INDEX: Final = struct.Struct("<QQQQ")
FOOTER_SIZE: Final = HEAD_SIZE + 20


def record(op: Op, *parts: bytes) -> bytes:
    """A whole record."""
    body = b"".join(parts)
    return _OP.pack(op, len(body)) + body


def text(value: str) -> bytes:
    """A string with its length before it."""
    data = value.encode("utf-8", "surrogateescape")
    return struct.pack("<I", len(data)) + data


def mapping(values: Mapping[str, str]) -> bytes:
    """A map with its length in bytes before it."""
    data = b"".join(text(key) + text(value) for key, value in values.items())
    return struct.pack("<I", len(data)) + data


def schema(value: Schema) -> bytes:
    head = struct.pack("<H", value.id)
    data = struct.pack("<I", len(value.data)) + value.data
    return record(Op.SCHEMA, head, text(value.name), text(value.encoding), data)


def channel(value: Channel) -> bytes:
    head = struct.pack("<HH", value.id, value.schema_id)
    return record(Op.CHANNEL, head, text(value.topic), text(value.encoding), mapping(value.metadata))


def message(value: Message) -> bytes:
    head = _MESSAGE.pack(value.channel_id, value.sequence, value.log_time, value.publish_time)
    return record(Op.MESSAGE, head, value.data)


def chunk(start_time: int, end_time: int, crc: int, data: bytes) -> bytes:
    """A chunk that is not compressed."""
    head = _CHUNK.pack(start_time, end_time, len(data), crc)
    return record(Op.CHUNK, head, text(""), struct.pack("<Q", len(data)), data)


def message_index(channel_id: int, entries: Iterable[tuple[int, int]]) -> bytes:
    """(log time, offset within the uncompressed chunk) of a channel's messages."""
    data = b"".join(struct.pack("<QQ", *entry) for entry in entries)
    return record(Op.MESSAGE_INDEX, struct.pack("<HI", channel_id, len(data)), data)


def chunk_index(value: ChunkIndex) -> bytes:
    head = _CHUNK_INDEX.pack(value.start_time, value.end_time, value.offset, value.length)
    offsets = b"".join(struct.pack("<HQ", *each) for each in value.index_offsets.items())
    sizes = struct.pack("<QQ", value.compressed_size, value.size)
    return record(
        Op.CHUNK_INDEX,
        head,
        struct.pack("<I", len(offsets)),
        offsets,
        struct.pack("<Q", value.index_length),
        text(value.compression),
        sizes,
    )


# ------------------------------------------------------------------ and back


class Cursor:
    """Reads a record's body from its beginning. Raises McapError where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, form: str) -> tuple[int, ...]:
        """Numbers, as `struct` has them."""
        try:
            found: tuple[int, ...] = struct.unpack_from(f"<{form}", self._data, self._at)
        except struct.error as error:
            raise McapError(str(error)) from error
        self._at += struct.calcsize(f"<{form}")
        return found

    def raw(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise McapError(f"a record says {size} bytes, and {len(self._data) - self._at} are there")
        found = self._data[self._at : self._at + size]
        self._at += size
        return found

    def rest(self) -> bytes:
        return self.raw(len(self._data) - self._at)

    def text(self) -> str:
        return self.raw(*self.take("I")).decode("utf-8", "surrogateescape")

    def mapping(self) -> dict[str, str]:
        (size,) = self.take("I")
        end, found = self._at + size, {}
        while self._at < end:
            key = self.text()
            found[key] = self.text()
        return found


def read_schema(body: bytes) -> Schema:
    cursor = Cursor(body)
    (number,) = cursor.take("H")
    return Schema(number, cursor.text(), cursor.text(), cursor.raw(*cursor.take("I")))


def read_channel(body: bytes) -> Channel:
    cursor = Cursor(body)
    number, schema_id = cursor.take("HH")
    return Channel(number, schema_id, cursor.text(), cursor.text(), cursor.mapping())


def read_message(body: bytes) -> Message:
    cursor = Cursor(body)
    channel_id, sequence, log_time, publish_time = cursor.take("HIQQ")
    return Message(channel_id, sequence, log_time, publish_time, cursor.rest())


def read_chunk_index(body: bytes) -> ChunkIndex:
    cursor = Cursor(body)
    start_time, end_time, offset, length = cursor.take("QQQQ")
    (size,) = cursor.take("I")
    offsets = dict(struct.iter_unpack("<HQ", cursor.raw(size - size % 10)))
    (index_length,) = cursor.take("Q")
    compression = cursor.text()
    compressed_size, plain_size = cursor.take("QQ")
    return ChunkIndex(
        start_time=start_time,
        end_time=end_time,
        offset=offset,
        length=length,
        compression=compression,
        compressed_size=compressed_size,
        size=plain_size,
        index_offsets=offsets,
        index_length=index_length,
    )


class Chunk(NamedTuple):
    start_time: int
    end_time: int
    size: int
    crc: int
    compression: str
    data: bytes


def read_chunk(body: bytes) -> Chunk:
    cursor = Cursor(body)
    start_time, end_time, size, crc = cursor.take("QQQI")
    compression = cursor.text()
    return Chunk(start_time, end_time, size, crc, compression, cursor.raw(*cursor.take("Q")))


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The records in the bytes of a chunk or a summary. Raises McapError."""
    at = 0
    while at < len(data):
        if at + HEAD_SIZE > len(data):
            raise McapError("a record is cut off")
        op, size = _OP.unpack_from(data, at)
        at += HEAD_SIZE
        if at + size > len(data):
            raise McapError("a record is cut off")
        yield op, data[at : at + size]
        at += size


def read_head(data: bytes) -> tuple[int, int]:
    """Kind and size of the body of the record that begins so. Raises McapError."""
    if len(data) < HEAD_SIZE:
        raise McapError("the file is cut off")
    op, size = _OP.unpack(data)
    return op, size
