"""Writing an MCAP file, chunk by chunk, with indexes and a summary at its end."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import BinaryIO, Final

from orchestrator.live.mcap import records
from orchestrator.live.mcap.records import Channel, ChunkIndex, Message, Op, Schema

CHUNK_BYTES: Final = 1 << 20
_LIBRARY: Final = "zmq-orchestrator"
MAX_CHANNELS: Final = 65_535


class Writer:
    """Raises what the stream raises. Not for several threads. `flush` decides how much a crash costs: what
    came before it is in the file, in whole chunks."""

    def __init__(self, stream: BinaryIO, *, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._stream = stream
        self._chunk_bytes = chunk_bytes
        self._at = 0
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._counts: dict[int, int] = {}
        self._chunk = bytearray()
        self._index: dict[int, list[tuple[int, int]]] = {}
        self._times: tuple[int, int] | None = None
        self._span: tuple[int, int] | None = None
        self._chunks: list[ChunkIndex] = []
        self._metadata: list[tuple[int, int, str]] = []
        self._put(records.MAGIC + records.record(Op.HEADER, records.text(""), records.text(_LIBRARY)))

    @property
    def channels(self) -> int:
        """How many there are."""
        return len(self._channels)

    @property
    def size(self) -> int:
        """Bytes in the file, and in the chunk that is to come."""
        return self._at + len(self._chunk)

    def schema(self, name: str, encoding: str, data: bytes) -> int:
        """Add a schema; its number. 0 stands for none."""
        found = Schema(len(self._schemas) + 1, name, encoding, data)
        self._schemas.append(found)
        self._chunk += records.schema(found)
        return found.id

    def channel(self, topic: str, encoding: str, schema_id: int, metadata: Mapping[str, str]) -> int:
        """Add a channel; its number."""
        found = Channel(len(self._channels) + 1, schema_id, topic, encoding, dict(metadata))
        self._channels.append(found)
        self._counts[found.id] = 0
        self._chunk += records.channel(found)
        return found.id

    def message(self, channel_id: int, sequence: int, log_time: int, publish_time: int, data: bytes) -> None:
        """Add a message."""
        self._index.setdefault(channel_id, []).append((log_time, len(self._chunk)))
        found = Message(channel_id, sequence & 0xFFFFFFFF, log_time, publish_time, data)
        self._chunk += records.message(found)
        self._counts[channel_id] += 1
        low, high = self._times or (log_time, log_time)
        self._times = (min(low, log_time), max(high, log_time))
        if len(self._chunk) >= self._chunk_bytes:
            self._end_chunk()

    def metadata(self, name: str, values: Mapping[str, str]) -> None:
        """Add something that is said of the file."""
        self._end_chunk()
        data = records.record(Op.METADATA, records.text(name), records.mapping(values))
        self._metadata.append((self._at, len(data), name))
        self._put(data)

    def flush(self) -> None:
        """Hand everything to the operating system, so that it outlives this process."""
        self._end_chunk()
        self._stream.flush()

    def finish(self) -> None:
        """Write the summary. The stream stays open."""
        self._end_chunk()
        self._put(records.record(Op.DATA_END, struct.pack("<I", 0)))
        start = self._at
        groups = self._groups()
        offsets, at = b"", start
        for op, data in groups:
            if data:
                offsets += records.record(Op.SUMMARY_OFFSET, struct.pack("<BQQ", op, at, len(data)))
            at += len(data)
        summary = b"".join(data for _, data in groups) + offsets
        place = struct.pack("<QQ", start, at)
        crc = zlib.crc32(summary + struct.pack("<BQ", Op.FOOTER, 20) + place)
        footer = records.record(Op.FOOTER, place, struct.pack("<I", crc))
        self._put(summary + footer + records.MAGIC)
        self._stream.flush()

    # ------------------------------------------------------------------ inside

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._at += len(data)

    def _end_chunk(self) -> None:
        if not self._chunk:
            return
        low, high = self._times or (0, 0)
        data = bytes(self._chunk)
        chunk = records.chunk(low, high, zlib.crc32(data), data)
        offset, index, places = self._at, b"", {}
        for channel_id, entries in self._index.items():
            places[channel_id] = offset + len(chunk) + len(index)
            index += records.message_index(channel_id, entries)
        self._put(chunk + index)
        self._chunks.append(
            ChunkIndex(
                start_time=low,
                end_time=high,
                offset=offset,
                length=len(chunk),
                compression="",
                compressed_size=len(data),
                size=len(data),
                index_offsets=places,
                index_length=len(index),
            )
        )
        if self._times is not None:
            first, last = self._span or self._times
            self._span = (min(first, low), max(last, high))
        self._chunk.clear()
        self._index.clear()
        self._times = None

    def _groups(self) -> list[tuple[Op, bytes]]:
        return [
            (Op.SCHEMA, b"".join(map(records.schema, self._schemas))),
            (Op.CHANNEL, b"".join(map(records.channel, self._channels))),
            (Op.STATISTICS, self._statistics()),
            (Op.CHUNK_INDEX, b"".join(map(records.chunk_index, self._chunks))),
            (
                Op.METADATA_INDEX,
                b"".join(
                    records.record(Op.METADATA_INDEX, struct.pack("<QQ", at, size), records.text(name))
                    for at, size, name in self._metadata
                ),
            ),
        ]

    def _statistics(self) -> bytes:
        first, last = self._span or (0, 0)
        counts = b"".join(struct.pack("<HQ", *each) for each in self._counts.items())
        fixed = struct.pack(
            "<QHIIIIQQ",
            sum(self._counts.values()),
            len(self._schemas),
            len(self._channels),
            0,
            len(self._metadata),
            len(self._chunks),
            first,
            last,
        )
        return records.record(Op.STATISTICS, fixed, struct.pack("<I", len(counts)), counts)
