"""Reading an MCAP file: by its index, or, where a crash has cut it off, as far as it is whole."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from orchestrator.live.mcap import records
from orchestrator.live.mcap.records import (
    Channel,
    Chunk,
    ChunkIndex,
    McapError,
    Message,
    Op,
    Schema,
)

_LARGEST: Final = 1 << 30
"""Bytes of a record that are read at once; a damaged length must not ask for all memory."""


@dataclass(slots=True)
class _Found:
    """What is known of a file."""

    schemas: dict[int, Schema] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    chunks: list[ChunkIndex] = field(default_factory=list)
    metadata: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Where metadata are."""
    bare: list[Message] = field(default_factory=list)
    """Messages outside of chunks."""


class Reader:
    """Over a stream that can seek. Raises McapError for what is no MCAP file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.whole = True
        """Whether the file was ended as it should."""
        stream.seek(0)
        if stream.read(len(records.MAGIC)) != records.MAGIC:
            raise McapError("this is no MCAP file")
        try:
            found = self._by_summary()
        except McapError:
            found = None
        if found is None:
            found = self._by_scan()
        self._found = found

    @property
    def channels(self) -> dict[int, Channel]:
        """By number."""
        return self._found.channels

    @property
    def schemas(self) -> dict[int, Schema]:
        """By number."""
        return self._found.schemas

    @property
    def metadata(self) -> list[tuple[str, dict[str, str]]]:
        """What is said of the file: names and values."""
        return self._found.metadata

    @property
    def span(self) -> tuple[int, int] | None:
        """The times of the first message and of the last; None without messages."""
        times = [(c.start_time, c.end_time) for c in self._found.chunks if c.end_time]
        times += [(m.log_time, m.log_time) for m in self._found.bare]
        return (min(t[0] for t in times), max(t[1] for t in times)) if times else None

    def messages(self, since: int | None = None, until: int | None = None) -> Iterator[Message]:
        """In the order in which they were written: those from `since` on and before `until`. Chunks that have
        none of them are not read. Raises McapError for damage, where it is met."""
        low, high = since or 0, until if until is not None else 1 << 64
        for each in self._found.bare:
            if low <= each.log_time < high:
                yield each
        for index in self._found.chunks:
            if index.end_time >= low and index.start_time < high:
                for each in self._of_chunk(index):
                    if low <= each.log_time < high:
                        yield each

    # ------------------------------------------------------------------ inside

    def _of_chunk(self, index: ChunkIndex) -> Iterator[Message]:
        op, body = self._record_at(index.offset)
        if op != Op.CHUNK:
            raise McapError(f"there is no chunk at {index.offset}")
        for kind, each in records.split(opened(records.read_chunk(body))):
            if kind == Op.MESSAGE:
                yield records.read_message(each)
            else:
                _note(self._found, kind, each)

    def _record_at(self, offset: int) -> tuple[int, bytes]:
        self._stream.seek(offset)
        return self._next()

    def _next(self) -> tuple[int, bytes]:
        op, size = records.read_head(self._stream.read(records.HEAD_SIZE))
        if size > _LARGEST:
            raise McapError(f"a record of {size} bytes")
        body = self._stream.read(size)
        if len(body) != size:
            raise McapError("the file is cut off")
        return op, body

    def _by_summary(self) -> _Found | None:
        end = self._stream.seek(0, 2)
        tail = records.FOOTER_SIZE + len(records.MAGIC)
        if end < tail:
            return None
        self._stream.seek(end - tail)
        footer = self._stream.read(tail)
        op, _ = records.read_head(footer[: records.HEAD_SIZE])
        if op != Op.FOOTER or not footer.endswith(records.MAGIC):
            return None
        start, _, crc = struct.unpack_from("<QQI", footer, records.HEAD_SIZE)
        if not start or start > end:
            return None
        self._stream.seek(start)
        summary = self._stream.read(end - tail - start)
        if crc and zlib.crc32(summary + footer[: records.HEAD_SIZE + 16]) != crc:
            return None
        found, counted = _Found(), 0
        for kind, body in records.split(summary):
            if kind == Op.STATISTICS:
                counted = struct.unpack_from("<Q", body)[0]
            _note(found, kind, body)
        if counted and not found.chunks:
            return None  # messages outside of chunks have no index
        for place in found.places:
            _note(found, *self._record_at(place))
        return found

    def _by_scan(self) -> _Found:
        """Record by record, until the end or the first damage."""
        found = _Found()
        self.whole = False
        self._stream.seek(len(records.MAGIC))
        while True:
            at = self._stream.tell()
            try:
                op, body = self._next()
                if op == Op.DATA_END:
                    self.whole = True
                    return found
                if op == Op.CHUNK:
                    self._scan_chunk(found, at, body)
                elif op == Op.MESSAGE:
                    found.bare.append(records.read_message(body))
                elif op in (Op.SCHEMA, Op.CHANNEL, Op.METADATA):
                    _note(found, op, body)
            except McapError:
                return found

    def _scan_chunk(self, found: _Found, at: int, body: bytes) -> None:
        chunk = records.read_chunk(body)
        for kind, each in records.split(opened(chunk)):
            if kind != Op.MESSAGE:
                _note(found, kind, each)
        found.chunks.append(
            ChunkIndex(
                start_time=chunk.start_time,
                end_time=chunk.end_time,
                offset=at,
                length=records.HEAD_SIZE + len(body),
                compression=chunk.compression,
                compressed_size=len(chunk.data),
                size=chunk.size,
            )
        )


def _note(found: _Found, op: int, body: bytes) -> None:
    match op:
        case Op.SCHEMA:
            schema = records.read_schema(body)
            found.schemas[schema.id] = schema
        case Op.CHANNEL:
            channel = records.read_channel(body)
            found.channels[channel.id] = channel
        case Op.CHUNK_INDEX:
            found.chunks.append(records.read_chunk_index(body))
        case Op.METADATA_INDEX:
            found.places.append(struct.unpack_from("<Q", body)[0])
        case Op.METADATA:
            cursor = records.Cursor(body)
            found.metadata.append((cursor.text(), cursor.mapping()))


def opened(chunk: Chunk) -> bytes:
    """The records in a chunk. Raises McapError for damage, and for a compression that cannot be undone."""
    data = chunk.data
    if chunk.compression:
        data = _inflated(chunk)
    if chunk.crc and zlib.crc32(data) != chunk.crc:
        raise McapError("a chunk is damaged: its checksum does not fit")
    return data


def _inflated(chunk: Chunk) -> bytes:
    from orchestrator.codecs.compression import Decompressors
    from orchestrator.wire.qos import Compression

    try:
        return Decompressors(_LARGEST)(Compression(chunk.compression), chunk.data, chunk.size)
    except ValueError as error:  # DecodeError is one
        raise McapError(f"a chunk with the compression {chunk.compression!r}: {error}") from error
