"""Messages of live links into an MCAP file: a channel for each socket, way and topic.

What stood before a payload (routing frames, the envelope) is in a channel of its own beside it, under the
same number, so that any program that reads MCAP gets plain payloads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import BinaryIO, Final

from orchestrator.codecs import CodecError
from orchestrator.live.board import LiveSocket
from orchestrator.live.mcap.writer import Writer
from orchestrator.live.protosets import descriptor_set
from orchestrator.live.reading import Reader, Record, Way
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.batch import join

FRAMES: Final = "zmq-frames"
"""Message encoding of several frames: how many, their lengths (32 bits, little-endian), the frames."""
HEAD: Final = "zmq-head"
"""The same, for the frames before a payload; the last one begins with the envelope where there is one."""
HEAD_SUFFIX: Final = "#head"
BOTH_WAYS: Final = frozenset(
    {SocketType.PAIR, SocketType.REQ, SocketType.REP, SocketType.DEALER, SocketType.ROUTER}
)
_MANY: Final = 20_000
"""So many channels are made for topics; messages of further ones share one, with their topic in the head."""


def pack_frames(frames: Iterable[bytes]) -> bytes:
    """Several frames as one."""
    parts = list(frames)
    return len(parts).to_bytes(4, "little") + join(parts)


class Recorder:
    """Writes records to a file. Raises what the stream raises. Not for several threads."""

    def __init__(self, stream: BinaryIO, *, topology: str, project: str) -> None:
        self._writer = Writer(stream)
        self._channels: dict[tuple[str, Way, str | None, str], int] = {}
        self._schemas: dict[str, int] = {}
        self._numbers: dict[int, int] = {}
        self.messages = 0
        self._writer.metadata("orchestrator", {"version": "1", "topology": topology, "project": project})

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._writer.size

    def add(self, reader: Reader, record: Record) -> None:
        """Write one record."""
        whole = bool(record.error) or len(record.payload) != 1
        encoding = FRAMES if whole else str(record.socket.codec)
        channel = self._channel(reader, record, encoding)
        self._numbers[channel] = number = self._numbers.get(channel, 0) + 1
        published = record.header.timestamp_ns if record.header is not None else record.at_ns
        data = pack_frames(record.payload) if whole else record.payload[0]
        head = _head(record)
        if head is not None:
            beside = self._channel(reader, record, HEAD)
            self._writer.message(beside, number, record.at_ns, published, pack_frames(head))
        self._writer.message(channel, number, record.at_ns, published, data)
        self.messages += 1

    def flush(self) -> None:
        """Make what has come outlive this process."""
        self._writer.flush()

    def finish(self, dropped: int) -> None:
        """End the file, with how many messages are not in it."""
        self._writer.metadata("losses", {"not_recorded": str(dropped)})
        self._writer.finish()

    # ------------------------------------------------------------------ inside

    def _channel(self, reader: Reader, record: Record, encoding: str) -> int:
        socket = record.socket
        topic = record.topic if self._writer.channels < _MANY else None
        key = (socket.ref, record.way, topic, encoding)
        if key not in self._channels:
            schema = 0 if encoding in (FRAMES, HEAD) else self._schema(reader)
            name = _name(socket, record.way, topic) + (HEAD_SUFFIX if encoding == HEAD else "")
            self._channels[key] = self._writer.channel(name, encoding, schema, _metadata(record, topic))
        return self._channels[key]

    def _schema(self, reader: Reader) -> int:
        socket = reader.socket
        if socket.ref not in self._schemas:
            self._schemas[socket.ref] = self._new_schema(reader)
        return self._schemas[socket.ref]

    def _new_schema(self, reader: Reader) -> int:
        socket = reader.socket
        if socket.codec == CodecName.PROTOBUF:
            try:
                name, data = descriptor_set(reader.codec)
            except CodecError:
                return 0
            return self._writer.schema(name, "protobuf", data)
        if isinstance(socket.schema, dict):
            data = json.dumps(socket.schema, ensure_ascii=False).encode()
            encoding = "avro" if socket.codec == CodecName.AVRO else "jsonschema"
            return self._writer.schema(socket.message_type or socket.ref, encoding, data)
        return 0


def _name(socket: LiveSocket, way: Way, topic: str | None) -> str:
    if socket.type in BOTH_WAYS:
        return f"{socket.ref}:{way}"
    return socket.ref if topic is None else f"{socket.ref}/{topic}"


def _metadata(record: Record, topic: str | None) -> dict[str, str]:
    socket = record.socket
    found = {
        "socket": socket.ref,
        "node": socket.node,
        "type": socket.type.value,
        "way": record.way.value,
        "codec": str(socket.codec),
        "envelope": str(socket.enveloped).lower(),
    }
    return found if topic is None else {**found, "topic": topic}


def _head(record: Record) -> list[bytes] | None:
    """The frames before the payload: the peer's, the topic, and the envelope's header alone."""
    frames: list[bytes] = [] if record.peer is None else list(record.peer.envelope)
    if record.header is not None and not record.place and not record.error:
        before = record.frames[len(frames) :]
        if record.topic is not None:
            before = before[1:]
        if before and not before[0] and len(before) > 1:
            before = before[1:]  # a DEALER's delimiter
        frames.append(before[0][: record.header.length])
    return frames or None
