"""The envelope: one binary header before the payload, as docs/protocol.md specifies it.

Pure: bytes in, values out.

The first byte is 0xC1, which begins no MessagePack value and occurs in no UTF-8 text, so that a message
without an envelope is told from one with it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

from orchestrator.wire.qos import Compression

MAGIC: Final = b"\xc1Z"
VERSION: Final = 1
FIXED: Final = struct.Struct("<2sBBHBBQQqQIIQ")
"""magic, version, length / 8, flags, codec, compression, source, sequence, timestamp, fingerprint, count,
plain size, number."""
MAX_LENGTH: Final = 255 * 8
"""Bytes of the longest header, extensions included."""


class Flag(IntEnum):
    """Bits of the header's flags. No IntFlag: to test a bit of one takes six times as long (measured), and
    there are several tests for each message."""

    BATCH = 1
    """The payload holds `count` records (`wire.batch`)."""
    DETACHED = 2
    """The header has a frame of its own; the payload is the frames that follow it."""
    END = 4
    """The last message of its source (and topic); it has no payload, and a sequence number."""
    ERROR = 8
    """A reply that says that the request failed; the payload is MessagePack: code, message, request."""
    SHARED = 16
    """The payload is the handle of a block of shared memory."""
    NOTHING = 32
    """A reply without a value; it has no payload."""


NO_FLAGS: Final = 0


class Extension(IntEnum):
    TRACE = 1
    """Trace id (16 bytes), span id (8), flags (1), as in W3C Trace Context."""
    DEADLINE = 2
    """Nanoseconds since 1970 after which nobody waits for the answer (8)."""
    ANSWERS = 3
    """Source (8) and number (8) of the request that this replies to."""
    ATTEMPT = 4
    """How often the request has been sent, with this time (2)."""
    CODEC = 5
    """The name of a codec that has no number (UTF-8)."""
    SENDER = 6
    """Who sends: instance.socket (UTF-8)."""
    REQUEST = 7
    """Source (8) and number (8) of the request's first attempt, by which duplicates are known."""
    POOL = 8
    """The shared memory from which later messages of this source could be read: group (8) and pool (8)."""


CODEC_NUMBERS: Final = {
    "": 0,
    "raw": 1,
    "text": 2,
    "json": 3,
    "msgpack": 4,
    "protobuf": 5,
    "cbor": 6,
    "avro": 7,
    "arrow": 8,
    "numpy": 9,
    "pickle": 10,
}
NAMED: Final = 255
"""Stands for a codec of somebody else's, whose name is in an extension."""
COMPRESSION_NUMBERS: Final = {None: 0, Compression.ZSTD: 1, Compression.LZ4: 2, Compression.GZIP: 3}
_CODECS: Final = {number: name for name, number in CODEC_NUMBERS.items()}
_COMPRESSIONS: Final = {number: name for name, number in COMPRESSION_NUMBERS.items()}


class Flaw(StrEnum):
    """What is wrong with a message that is refused, as docs/protocol.md lists it."""

    SHORT = "short"
    MAGIC = "magic"
    VERSION = "version"
    LENGTH = "length"
    EXTENSION = "extension"
    CODEC = "codec"
    COMPRESSION = "compression"
    FRAMES = "frames"
    BATCH = "batch"
    FIELD = "field"
    """Only when writing: a value that has no place in the header."""


class EnvelopeError(ValueError):
    """Bytes that are no header of this version, or values that fit in none; the text says why."""

    def __init__(self, text: str, flaw: Flaw = Flaw.FIELD) -> None:
        super().__init__(text)
        self.flaw = flaw


class Trace(NamedTuple):
    """Where a message stands in a trace (W3C Trace Context)."""

    trace_id: bytes
    """16 bytes."""
    span_id: bytes
    """8 bytes: the span in which it was sent."""
    flags: int
    """1: sampled."""


class MessageId(NamedTuple):
    """A message among all: unique for as long as 64 random bits are."""

    source: int
    number: int

    def __str__(self) -> str:
        return f"{self.source:016x}-{self.number}"


@dataclass(slots=True, kw_only=True)
class Header:
    """What stands before a payload. Nobody changes one; it is not frozen because one is made for each
    message, which takes twice as long with what freezes (measured)."""

    source: int
    """Random, one for each sending socket of each process."""
    sequence: int
    """Counted from 1 within the source and the topic; 0: not counted."""
    number: int
    """Counted from 1 within the source."""
    timestamp_ns: int
    """When it was sent (a batch: its first record), in nanoseconds since 1970."""
    codec: str = ""
    compression: Compression | None = None
    flags: int = NO_FLAGS
    """Of `Flag`, and of later versions."""
    fingerprint: int = 0
    """Of the schema; 0: none."""
    count: int = 1
    """Records in the payload."""
    plain_size: int = 0
    """Bytes of the payload before compression; 0 where it is not compressed."""
    sender: str = ""
    trace: Trace | None = None
    deadline_ns: int | None = None
    answers: MessageId | None = None
    request: MessageId | None = None
    attempt: int = 1
    offer: tuple[int, int] | None = None
    """Group and pool of the shared memory from which later messages could be read."""
    length: int = 0
    """Bytes of the header itself, filled in by `unpack`."""

    @property
    def id(self) -> MessageId:
        return MessageId(self.source, self.number)


def is_enveloped(data: bytes | memoryview) -> bool:
    """Whether a frame begins with an envelope's magic."""
    return data[:2] == MAGIC


def pack(header: Header) -> bytes:
    """The header's bytes. Raises EnvelopeError for one that does not fit."""
    tail = pack_extensions(header)
    length = FIXED.size + len(tail)
    number = CODEC_NUMBERS.get(header.codec, NAMED)
    try:
        fixed = FIXED.pack(
            MAGIC, VERSION, length // 8, header.flags, number, COMPRESSION_NUMBERS[header.compression],
            header.source, header.sequence, header.timestamp_ns, header.fingerprint, header.count,
            header.plain_size, header.number,
        )  # fmt: skip
    except (struct.error, KeyError) as error:
        raise EnvelopeError(f"a field does not fit: {error}") from error
    return fixed + tail


def pack_extensions(header: Header) -> bytes:
    """What follows the fixed part, padded to a multiple of 8 bytes. Raises EnvelopeError."""
    try:
        return join_extensions(_extensions(header))
    except (struct.error, UnicodeEncodeError) as error:
        raise EnvelopeError(f"an extension does not fit: {error}") from error


def _extensions(header: Header) -> list[tuple[Extension, bytes]]:
    parts: list[tuple[Extension, bytes]] = []
    if header.codec not in CODEC_NUMBERS:
        parts.append((Extension.CODEC, header.codec.encode()))
    if header.sender:
        parts.append((Extension.SENDER, header.sender.encode()))
    if header.trace is not None:
        parts.append((Extension.TRACE, _trace(header.trace)))
    if header.deadline_ns is not None:
        parts.append((Extension.DEADLINE, _I64.pack(header.deadline_ns)))
    if header.answers is not None:
        parts.append((Extension.ANSWERS, _ID.pack(*header.answers)))
    if header.request is not None:
        parts.append((Extension.REQUEST, _ID.pack(*header.request)))
    if header.attempt != 1:
        parts.append((Extension.ATTEMPT, _U16.pack(header.attempt)))
    if header.offer is not None:
        parts.append((Extension.POOL, _ID.pack(*header.offer)))
    return parts


def _trace(trace: Trace) -> bytes:
    if len(trace.trace_id) != 16 or len(trace.span_id) != 8 or not 0 <= trace.flags <= 255:
        raise EnvelopeError("a trace has an id of 16 bytes, a span of 8, and flags of one")
    return trace.trace_id + trace.span_id + bytes((trace.flags,))


def join_extensions(parts: list[tuple[Extension, bytes]]) -> bytes:
    """Extensions as they lie in the header. Raises EnvelopeError when they are too long."""
    tail = b""
    for kind, data in parts:
        if len(data) > 255:
            raise EnvelopeError(f"{kind.name} has {len(data)} bytes, and 255 fit")
        tail += bytes((kind, len(data))) + data
    tail += b"\0" * (-len(tail) % 8)
    if FIXED.size + len(tail) > MAX_LENGTH:
        raise EnvelopeError(f"a header of {FIXED.size + len(tail)} bytes: {MAX_LENGTH} fit")
    return tail


_I64: Final = struct.Struct("<q")
_U16: Final = struct.Struct("<H")
_ID: Final = struct.Struct("<QQ")


def unpack(data: bytes | memoryview) -> Header:
    """Read the header that `data` begins with. Raises EnvelopeError, and nothing else."""
    if len(data) < FIXED.size:
        raise EnvelopeError(f"{len(data)} bytes, and a header has at least {FIXED.size}", Flaw.SHORT)
    (magic, version, units, flags, codec_number, compression_number, source, sequence, timestamp_ns,
     fingerprint, count, plain_size, number) = FIXED.unpack_from(data)  # fmt: skip
    if magic != MAGIC:
        raise EnvelopeError(f"begins with {magic.hex()}, and an envelope with {MAGIC.hex()}", Flaw.MAGIC)
    if version != VERSION:
        raise EnvelopeError(f"an envelope of version {version}; this is version {VERSION}", Flaw.VERSION)
    length = units * 8
    if not FIXED.size <= length <= len(data):
        raise EnvelopeError(f"the header says it has {length} bytes, of {len(data)}", Flaw.LENGTH)
    found = _read_extensions(data, FIXED.size, length) if length > FIXED.size else {}
    name = found.pop("codec", "")
    codec = name if codec_number == NAMED else _CODECS.get(codec_number)
    if codec is None:
        raise EnvelopeError(f"codec number {codec_number} is not known", Flaw.CODEC)
    if codec_number == NAMED and not codec:
        raise EnvelopeError("the codec has a name, which is missing", Flaw.CODEC)
    if compression_number not in _COMPRESSIONS:
        raise EnvelopeError(f"compression number {compression_number} is not known", Flaw.COMPRESSION)
    return Header(
        source=source, sequence=sequence, number=number, timestamp_ns=timestamp_ns, codec=codec,
        compression=_COMPRESSIONS[compression_number], flags=flags, fingerprint=fingerprint,
        count=count, plain_size=plain_size, length=length, **found,
    )  # fmt: skip


def _read_extensions(data: bytes | memoryview, start: int, end: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    at = start
    while at < end and (kind := data[at]):
        begin = at + 2
        at = begin + data[at + 1] if begin <= end else begin
        if at > end:
            raise EnvelopeError(f"extension {kind} ends behind the header", Flaw.EXTENSION)
        _read_extension(kind, bytes(data[begin:at]), found)
    return found


def place_of_trace(header: bytes) -> int:
    """Where the trace's 25 bytes lie in a header that can be read; its end where it has none."""
    at, end = FIXED.size, header[3] * 8
    while at + 2 <= end and (kind := header[at]):
        if kind == Extension.TRACE:
            return at + 2
        at += 2 + header[at + 1]
    return end


def _read_extension(kind: int, body: bytes, found: dict[str, Any]) -> None:
    """Unknown extensions are passed over: later versions add some."""
    try:
        match kind:
            case Extension.TRACE:
                if len(body) != 25:
                    raise EnvelopeError(f"a trace of {len(body)} bytes, expected 25", Flaw.EXTENSION)
                found["trace"] = Trace(body[:16], body[16:24], body[24])
            case Extension.DEADLINE:
                (found["deadline_ns"],) = _I64.unpack(body)
            case Extension.ANSWERS:
                found["answers"] = MessageId(*_ID.unpack(body))
            case Extension.REQUEST:
                found["request"] = MessageId(*_ID.unpack(body))
            case Extension.ATTEMPT:
                (found["attempt"],) = _U16.unpack(body)
            case Extension.CODEC:
                found["codec"] = body.decode()
            case Extension.SENDER:
                found["sender"] = body.decode()
            case Extension.POOL:
                found["offer"] = _ID.unpack(body)
    except (struct.error, UnicodeDecodeError) as error:
        raise EnvelopeError(f"extension {kind}: {error}", Flaw.EXTENSION) from error
