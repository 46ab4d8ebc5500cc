"""From the frames of a link to the messages in them: routing, envelope, batch, codec. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from orchestrator.codecs import Codec, CodecError, DecodeError, make_codec
from orchestrator.codecs.compression import Decompressors
from orchestrator.live.board import LiveSocket
from orchestrator.sdk.framing import Peer, split
from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.batch import BatchError
from orchestrator.wire.batch import split as split_batch
from orchestrator.wire.envelope import EnvelopeError, Flag, Header, is_enveloped, unpack

_PUBLISHERS: Final = (SocketType.PUB, SocketType.XPUB)
_SUBSCRIBERS: Final = (SocketType.SUB, SocketType.XSUB)


class Way(StrEnum):
    """Which way a message went, as the socket's owner sees it."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message as it was on a link. A batch has been taken apart."""

    socket: LiveSocket
    way: Way
    at_ns: int
    """When it was seen, in nanoseconds since 1970."""
    topic: str | None = None
    peer: Peer | None = None
    header: Header | None = None
    place: int = 0
    """Where it stood in its batch."""
    payload: tuple[bytes, ...] = ()
    """As the codec made it, decompressed; several frames only with the raw codec."""
    frames: tuple[bytes, ...] = ()
    """The whole message on the wire; with a batch, at its first record alone."""
    note: str = ""
    """What there is to say in place of a value."""
    error: str = ""
    """Why it cannot be read."""

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return sum(map(len, self.payload))

    @property
    def sequence(self) -> int:
        """Its number within its source and topic; 0: it has none."""
        header = self.header
        return 0 if header is None or not header.sequence else header.sequence + self.place


class Reader:
    """Reads what one socket sends and receives."""

    def __init__(self, socket: LiveSocket) -> None:
        self.socket = socket
        self._inflate = Decompressors()
        self._type = SocketType.SUB if socket.type in _PUBLISHERS else socket.type

    @cached_property
    def codec(self) -> Codec:
        """Needed for values alone. Raises CodecError when it cannot be set up."""
        socket = self.socket
        return make_codec(
            socket.codec,
            schema=socket.schema,
            message_type=socket.message_type,
            directory=socket.directory,
        )

    def read(self, frames: Sequence[bytes], way: Way, at_ns: int) -> list[Record]:
        """The messages in one wire message. Whatever cannot be read is a record with an `error`."""
        whole = tuple(frames)
        try:
            payload, extra = self._part(list(frames))
        except ValueError as error:
            return [self._broken(whole, way, at_ns, error)]
        topic = extra if isinstance(extra, str) else None
        peer = extra if isinstance(extra, Peer) else None
        try:
            header, parts, note = self._open(payload)
        except (EnvelopeError, BatchError, DecodeError, CodecError) as error:
            return [self._broken(whole, way, at_ns, error, topic=topic, peer=peer)]
        return [
            Record(
                socket=self.socket,
                way=way,
                at_ns=at_ns,
                topic=topic,
                peer=peer,
                header=header,
                place=place,
                payload=part,
                frames=() if place else whole,
                note=note,
            )
            for place, part in enumerate(parts)
        ]

    def read_payload(self, frames: Sequence[bytes], way: Way, at_ns: int) -> Record:
        """One message without routing frames, as a REQ gets a reply."""
        whole = tuple(frames)
        try:
            header, parts, note = self._open(list(frames))
        except (EnvelopeError, BatchError, DecodeError, CodecError) as error:
            return self._broken(whole, way, at_ns, error)
        return Record(
            socket=self.socket, way=way, at_ns=at_ns, header=header, payload=parts[0], frames=whole, note=note
        )

    def value(self, record: Record) -> Any:
        """What the payload says. Raises DecodeError, and CodecError as `codec` does."""
        if record.error:
            raise DecodeError(record.error)
        if len(record.payload) == 1:
            if record.header is not None and record.header.flags & Flag.ERROR:
                return make_codec(CodecName.MSGPACK).decode(record.payload[0])
            return self.codec.decode(record.payload[0])
        if self.codec.name == CodecName.RAW:
            return list(record.payload)
        raise DecodeError(f"{len(record.payload)} payload frames, and {self.codec.name} takes one")

    def _broken(
        self,
        frames: tuple[bytes, ...],
        way: Way,
        at_ns: int,
        error: Exception,
        topic: str | None = None,
        peer: Peer | None = None,
    ) -> Record:
        return Record(
            socket=self.socket,
            way=way,
            at_ns=at_ns,
            topic=topic,
            peer=peer,
            payload=frames,
            frames=frames,
            error=str(error),
        )

    def _part(self, frames: list[bytes]) -> tuple[list[bytes], str | Peer | None]:
        """The frames from the envelope on, and the topic or the peer before. No topic begins as an envelope
        does: two frames without one may be a header and its payload."""
        if self.socket.enveloped and self._type in _SUBSCRIBERS and frames and is_enveloped(frames[0]):
            return frames, None
        return split(self._type, frames)

    def _open(self, payload: list[bytes]) -> tuple[Header | None, list[tuple[bytes, ...]], str]:
        """The header, the payload of each record, and what there is to say in place of a value."""
        if not self.socket.enveloped or not payload or not is_enveloped(payload[0]):
            return None, [tuple(payload)], ""
        header = unpack(payload[0])
        rest = payload[0][header.length :]
        parts = payload[1:] if header.flags & Flag.DETACHED else [rest, *payload[1:]]
        if header.flags & Flag.END:
            return header, [()], "the end of its source"
        if header.flags & Flag.NOTHING:
            return header, [()], "no value"
        if header.flags & Flag.SHARED:
            return header, [tuple(parts)], "in shared memory, which only the receiver may open"
        if header.compression is not None:
            parts = [self._inflate(header.compression, part, header.plain_size) for part in parts]
        if header.flags & Flag.BATCH:
            if len(parts) != 1:
                raise BatchError(f"a batch in {len(parts)} frames, expected one")
            return header, [(each,) for each in split_batch(parts[0], header.count)], ""
        return header, [tuple(parts)], ""
