"""Make envelope.json: `python tests/vectors/make_envelope.py`. A test sees that it is what this makes."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.wire.batch import join
from orchestrator.wire.envelope import (
    CODEC_NUMBERS,
    COMPRESSION_NUMBERS,
    FIXED,
    MAGIC,
    VERSION,
    Flag,
    Flaw,
    Header,
    MessageId,
    Trace,
    pack,
)  # fmt: skip
from orchestrator.wire.qos import Compression

FILE = Path(__file__).with_name("envelope.json")

PLAIN = b"orchestrator " * 8
# Made once: other versions of a library make other bytes, which are read all the same.
COMPRESSED = {
    Compression.ZSTD: "28b52ffd2068a50000686f7263686573747261746f7220010008d3fc02",
    Compression.LZ4: "04224d18684068000000000000006417000000df6f7263686573747261746f72200d00435061746f722000000000",
    Compression.GZIP: "1f8b0800000000000203cb2f4ace482d2e294a2cc92f52c8a71d070070e3fff468000000",
}
TRACE = Trace(bytes(range(16)), bytes(range(16, 24)), 1)
BASE = Header(
    source=0x0123456789ABCDEF, sequence=7, number=9, timestamp_ns=1_795_000_000_123_456_789, codec="raw"
)


def says(header: Header) -> dict[str, Any]:
    """A header as JSON: 64-bit numbers as text, ids and fingerprints in hexadecimal; what is absent is left out."""
    told: dict[str, Any] = {
        "source": f"{header.source:016x}",
        "sequence": str(header.sequence),
        "number": str(header.number),
        "timestamp_ns": str(header.timestamp_ns),
        "codec": header.codec,
        "compression": header.compression or "",
        "flags": int(header.flags),
        "fingerprint": f"{header.fingerprint:016x}",
        "count": header.count,
        "plain_size": header.plain_size,
        "sender": header.sender,
    }
    if header.trace is not None:
        trace = header.trace
        told["trace"] = (trace.trace_id + trace.span_id + bytes((trace.flags,))).hex()
    if header.deadline_ns is not None:
        told["deadline_ns"] = str(header.deadline_ns)
    if header.answers is not None:
        told["answers"] = str(header.answers)
    if header.request is not None:
        told["request"] = str(header.request)
    if header.offer is not None:
        told["offer"] = str(MessageId(*header.offer))
    told["attempt"] = header.attempt
    return told


def good(
    name: str, header: Header, *payload: bytes, head: bytes | None = None, **more: Any
) -> dict[str, Any]:
    """`head`: the header's bytes, where they are not those that a writer of this version would make."""
    written = framed(header, pack(header), payload)
    vector = {
        "name": name,
        "header": says(header),
        "payload": [frame.hex() for frame in payload],
        **more,
        "frames": written if head is None else framed(header, head, payload),
    }
    return vector if head is None else {**vector, "written": written}


def framed(header: Header, head: bytes, payload: tuple[bytes, ...]) -> list[str]:
    frames = [head, *payload] if header.flags & Flag.DETACHED else [head + b"".join(payload)]
    return [frame.hex() for frame in frames]


def batch(name: str, *records: bytes, **fields: Any) -> dict[str, Any]:
    header = replace(BASE, flags=Flag.BATCH | fields.pop("flags", 0), count=len(records), **fields)
    return good(name, header, join(records), records=[record.hex() for record in records])


def with_extensions(*parts: bytes, **fields: int) -> bytes:
    """A header with these bytes after the fixed part, padded; `fields` go over what it says of itself."""
    tail = b"".join(parts)
    tail += b"\0" * (-len(tail) % 8)
    said = {
        "version": VERSION,
        "units": (FIXED.size + len(tail)) // 8,
        "codec": 1,
        "compression": 0,
        "flags": 0,
    }
    said.update(fields)
    head = FIXED.pack(
        MAGIC, said["version"], said["units"], said["flags"], said["codec"], said["compression"],
        BASE.source, BASE.sequence, BASE.timestamp_ns, 0, said.get("count", 1), 0, BASE.number,
    )  # fmt: skip
    return head + tail


def extension(kind: int, body: bytes, size: int | None = None) -> bytes:
    return bytes((kind, len(body) if size is None else size)) + body


def good_vectors() -> list[dict[str, Any]]:
    most = 2**64 - 1
    return [
        good("the least", Header(source=0, sequence=0, number=0, timestamp_ns=0), b""),
        good("a payload of one frame", BASE, b"hello"),
        good(
            "every number at its end",
            Header(
                source=most, sequence=most, number=most, timestamp_ns=2**63 - 1, codec="pickle", flags=0xFF40,
                fingerprint=most, count=2**32 - 1, plain_size=2**32 - 1, attempt=65535, deadline_ns=2**63 - 1,
                answers=MessageId(most, most), request=MessageId(most, most),
                trace=Trace(b"\xff" * 16, b"\xff" * 8, 255), sender="x" * 255,
            ),
            b"\xff",
        ),
        good("times before 1970", replace(BASE, timestamp_ns=-(2**63), deadline_ns=-1), b"old"),
        *(good(f"codec {codec or 'not told'}", replace(BASE, codec=codec), b"\xc1Z") for codec in CODEC_NUMBERS),
        good("a codec with a name", replace(BASE, codec="acme.fast"), b"x"),
        good("a codec with the longest name", replace(BASE, codec="a." + "é" * 126), b"x"),
        good(
            "a codec with a number, told by its name", replace(BASE, codec="json"), b"{}",
            head=with_extensions(extension(5, b"json"), codec=255),
        ),
        good(
            "a name beside a number does not count", BASE, b"x",
            head=with_extensions(extension(5, b"acme.fast"), codec=1),
        ),
        *(
            good(
                f"compression {compression}",
                replace(BASE, codec="text", compression=compression, plain_size=len(PLAIN)),
                bytes.fromhex(data), plain=PLAIN.hex(),
            )
            for compression, data in COMPRESSED.items()
        ),
        good("schema", replace(BASE, codec="msgpack", fingerprint=0xFEDCBA9876543210), b"\x80"),
        good("trace", replace(BASE, trace=TRACE), b"x"),
        good("trace that is not sampled", replace(BASE, trace=replace_flags(TRACE, 0)), b"x"),
        good("deadline", replace(BASE, deadline_ns=1_795_000_001_000_000_000), b"x"),
        good("sender", replace(BASE, sender="feed-0.out"), b"x"),
        good("sender with a byte order mark and a NUL", replace(BASE, sender="\ufefffe\0ed \U0001f600.é"), b"x"),
        good("a first attempt's id", replace(BASE, attempt=3, request=MessageId(BASE.source, 4)), b"x"),
        good("a reply", replace(BASE, answers=MessageId(0xAA, 12)), b"x"),
        good("a reply without a value", replace(BASE, flags=Flag.NOTHING, answers=MessageId(0xAA, 12)), b""),
        good(
            "a reply that says that it failed",
            replace(BASE, codec="msgpack", flags=Flag.ERROR, answers=MessageId(0xAA, 12)),
            error_body(),
        ),
        good("the end of a stream", replace(BASE, flags=Flag.END), b""),
        good("a header in a frame of its own", replace(BASE, flags=Flag.DETACHED), b"hello"),
        good("several frames, one of them empty", replace(BASE, flags=Flag.DETACHED), b"a", b"", b"b"),
        good("a detached frame without bytes", replace(BASE, flags=Flag.DETACHED), b""),
        good(
            "shared memory", replace(BASE, codec="arrow", flags=Flag.SHARED),
            struct.pack("<QQQQQ", 0xFACE, BASE.source, BASE.number, 131072, 100_000),
        ),
        good("an offer of shared memory", replace(BASE, codec="arrow", offer=(0xFACE, BASE.source)), b"x"),
        batch("a batch of three", b"one", b"", b"three"),
        batch("a batch of one", b"alone"),
        batch("a batch of none"),
        batch("a batch of 300", *(struct.pack("<H", i) for i in range(300))),
        batch("a batch in a frame of its own", b"one", b"two", flags=Flag.DETACHED),
        good(
            "a compressed batch",
            replace(BASE, flags=Flag.BATCH, count=2, compression=Compression.GZIP, plain_size=14),
            bytes.fromhex("1f8b0800000000000203636660606006e2fcbcd492f27c00f9c73e7b0e000000"),
            plain=join([b"one", b"two"]).hex(),
            plain_records=[b"one".hex(), b"two".hex()],
        ),
        good("all extensions", everything(), b"x"),
        good("flags that are not known are passed over", replace(BASE, flags=0x8040), b"x"),
        good(
            "an extension that is not known is passed over", replace(BASE, sender="a.b"), b"x",
            head=with_extensions(extension(200, b"later"), extension(6, b"a.b"), extension(199, b"")),
        ),
        good(
            "of an extension that occurs twice the last one counts", replace(BASE, attempt=5), b"x",
            head=with_extensions(extension(4, b"\x02\0"), extension(4, b"\x05\0")),
        ),
        good(
            "extensions in another order", replace(BASE, sender="a.b", attempt=5), b"x",
            head=with_extensions(extension(4, b"\x05\0"), extension(6, b"a.b")),
        ),
        good(
            "what stands behind the end of the extensions does not count", replace(BASE, attempt=5), b"x",
            head=with_extensions(extension(4, b"\x05\0"), b"\0\x06\x03abc\0\xff\xff\xff\xff"),
        ),
        good(
            "padding that is longer than it has to be", BASE, b"x", head=with_extensions(b"\0" * 24),
        ),
        good(
            "the longest header", replace(BASE, sender="é" * 120), b"x",
            head=with_extensions(*(extension(201, bytes(255)) for _ in range(6)), extension(6, "é".encode() * 120), extension(201, bytes(198))),
        ),
    ]  # fmt: skip


def replace_flags(trace: Trace, flags: int) -> Trace:
    return trace._replace(flags=flags)


def error_body() -> bytes:
    """{"code": "failed", "message": "no place", "request": "00000000000000aa-12"} in MessagePack."""
    texts = ["code", "failed", "message", "no place", "request", "00000000000000aa-12"]
    return b"\x83" + b"".join(bytes((0xA0 | len(text),)) + text.encode() for text in texts)


def everything() -> Header:
    return replace(
        BASE, codec="acme.fast", compression=Compression.ZSTD, fingerprint=1, sender="feed-0.out", trace=TRACE,
        deadline_ns=1, answers=MessageId(2, 3), request=MessageId(4, 5), attempt=6, plain_size=7,
        offer=(8, 9),
    )  # fmt: skip


def bad(name: str, flaw: Flaw, *frames: bytes) -> dict[str, Any]:
    return {"name": name, "flaw": flaw.value, "frames": [frame.hex() for frame in frames]}


def bad_vectors() -> list[dict[str, Any]]:
    head = pack(BASE)
    traced = pack(replace(BASE, trace=TRACE))
    batched = pack(replace(BASE, flags=Flag.BATCH, count=2))
    detached = pack(replace(BASE, flags=Flag.DETACHED))
    unknown_compression = max(COMPRESSION_NUMBERS.values()) + 1
    return [
        bad("no bytes", Flaw.SHORT, b""),
        bad("one byte less than a header", Flaw.SHORT, head[:55]),
        bad("plain MessagePack", Flaw.MAGIC, b"\x81\xa1a\x01" + bytes(60)),
        bad("plain text", Flaw.MAGIC, b"Z" * 64),
        bad("half of the magic", Flaw.MAGIC, b"\xc1z" + head[2:]),
        bad("version 0", Flaw.VERSION, with_extensions(version=0)),
        bad("version 2", Flaw.VERSION, with_extensions(version=2)),
        bad("a length of 0", Flaw.LENGTH, with_extensions(units=0)),
        bad("a length within the fixed part", Flaw.LENGTH, with_extensions(units=6)),
        bad("a length behind the frame's end", Flaw.LENGTH, with_extensions(units=8)),
        bad("extensions that are cut off", Flaw.LENGTH, traced[:-1]),
        bad("an extension that ends behind the header", Flaw.EXTENSION, with_extensions(extension(6, b"abc", 60)), b""),
        bad("one that is not known, too", Flaw.EXTENSION, with_extensions(extension(200, b"abc", 60))),
        bad("one that would end in the payload", Flaw.EXTENSION, with_extensions(extension(6, b"abcdef", 7)) + b"payload"),
        bad("an extension without a size", Flaw.EXTENSION, with_extensions(extension(200, b"12345"), b"\x06")),
        bad("a trace of 24 bytes", Flaw.EXTENSION, with_extensions(extension(1, bytes(24)))),
        bad("a trace of 26 bytes", Flaw.EXTENSION, with_extensions(extension(1, bytes(26)))),
        bad("a deadline of 4 bytes", Flaw.EXTENSION, with_extensions(extension(2, bytes(4)))),
        bad("an id of 8 bytes", Flaw.EXTENSION, with_extensions(extension(3, bytes(8)))),
        bad("an id of 17 bytes", Flaw.EXTENSION, with_extensions(extension(7, bytes(17)))),
        bad("an offer of 8 bytes", Flaw.EXTENSION, with_extensions(extension(8, bytes(8)))),
        bad("an attempt of no bytes", Flaw.EXTENSION, with_extensions(extension(4, b""))),
        *(
            bad(f"a sender that is no UTF-8: {what}", Flaw.EXTENSION, with_extensions(extension(6, text)))
            for what, text in {
                "a byte that never occurs": b"a\xff", "cut off": b"a\xe2\x82", "too long a form": b"\xc0\xaf",
                "too long a form of three": b"\xe0\x9f\xbf", "a surrogate": b"\xed\xa0\x80",
                "too large": b"\xf4\x90\x80\x80", "a second byte alone": b"\x80",
            }.items()
        ),
        bad("a codec's name that is no UTF-8", Flaw.EXTENSION, with_extensions(extension(5, b"\xff"), codec=255)),
        bad("a codec that is not known", Flaw.CODEC, with_extensions(codec=11)),
        bad("one that is not known, with a name", Flaw.CODEC, with_extensions(extension(5, b"acme.fast"), codec=254)),
        bad("a codec whose name is missing", Flaw.CODEC, with_extensions(codec=255)),
        bad("a codec whose name is empty", Flaw.CODEC, with_extensions(extension(5, b""), codec=255)),
        bad("a compression that is not known", Flaw.COMPRESSION, with_extensions(compression=unknown_compression)),
        bad("a frame too many", Flaw.FRAMES, head + b"payload", b"more"),
        bad("a detached header alone", Flaw.FRAMES, detached),
        bad("a detached header with a payload behind it", Flaw.FRAMES, detached + b"payload", b"more"),
        bad("a batch without a payload", Flaw.BATCH, batched),
        bad("lengths that are cut off", Flaw.BATCH, batched + bytes(7)),
        bad("records that are cut off", Flaw.BATCH, batched + struct.pack("<II", 1, 2) + b"ab"),
        bad("records with something behind", Flaw.BATCH, batched + struct.pack("<II", 1, 2) + b"abcd"),
        bad("lengths whose sum has more than 32 bits", Flaw.BATCH, batched + struct.pack("<II", 2**32 - 1, 4) + b"abc"),
        bad("more records than memory", Flaw.BATCH, with_extensions(flags=int(Flag.BATCH), count=2**32 - 1) + bytes(8)),
        bad("a batch of none with something behind", Flaw.BATCH, with_extensions(flags=int(Flag.BATCH), count=0) + b"x"),
        bad(
            "a batch of two frames", Flaw.BATCH,
            pack(replace(BASE, flags=Flag.BATCH | Flag.DETACHED, count=1)), join([b"one"]), b"more",
        ),
    ]  # fmt: skip


def text() -> str:
    made = {
        "format": "docs/protocol.md, Messages between nodes",
        "good": good_vectors(),
        "bad": bad_vectors(),
    }
    return json.dumps(made, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
