"""The beginning of ZMTP, as far as it tells what a listening socket is. Bytes in, words out; no I/O.

Sources: RFC 23 (ZMTP 3.0) and 37 (3.1), "The Greeting" and "The NULL Security Mechanism"; RFC 15 (ZMTP 2.0),
where the type is a byte. A peer that uses NULL sends READY behind its greeting without waiting for ours, so
the handshake need never be finished: no queue is made for us and no message can be lost to us.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\xff\0\0\0\0\0\0\0\0\x7f"
GREETING: Final = SIGNATURE + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
"""64 bytes: signature, version 3.0, mechanism, as-server, filler."""
UP_TO_VERSION: Final = 11
"""The signature and the major version: as soon as a peer has that of us, it sends the rest of its own."""

_V2_TYPES: Final = ("PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH")
_LONG: Final = 0x02
_COMMAND: Final = 0x04
_LARGEST: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a peer said of itself."""

    version: str
    mechanism: str = "NULL"
    type: str | None = None
    """None where its mechanism hides it."""
    routing_id: bytes = b""
    error: str = ""
    """Why it refuses us, in its own words."""


class NotZmtpError(Exception):
    """It speaks something else."""


def is_signature(data: bytes) -> bool:
    """Whether these ten bytes are a ZMTP signature; False also for the first bytes of anything else."""
    return len(data) >= 10 and data[0] == 0xFF and bool(data[9] & 1)


def may_be_signature(data: bytes) -> bool:
    """Whether more bytes could make a signature of these."""
    return data[:1] in (b"", b"\xff") and (len(data) < 10 or is_signature(data))


def parse(data: bytes) -> Hello | None:
    """What a peer has said, or None as long as it takes more bytes. Raises NotZmtpError."""
    if not may_be_signature(data):
        raise NotZmtpError
    if len(data) < 12:
        return None
    major = data[10]
    if major < 3:
        return _version_2(data)
    if len(data) < 64:
        return None
    version = f"{major}.{data[11]}"
    try:
        mechanism = data[12:32].rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        raise NotZmtpError from None
    if mechanism != "NULL":
        return Hello(version=version, mechanism=mechanism)
    body = _command(data[64:])
    return None if body is None else _ready(body, version)


def _version_2(data: bytes) -> Hello:
    """RFC 15: revision, then the type as a number."""
    number = data[11]
    if number >= len(_V2_TYPES):
        raise NotZmtpError
    return Hello(version=f"{data[10] + 1}.0" if data[10] < 2 else "2.0", type=_V2_TYPES[number])


def _command(data: bytes) -> bytes | None:
    """The body of the first command frame; None as long as it is not complete."""
    if not data:
        return None
    flags = data[0]
    if not flags & _COMMAND:
        raise NotZmtpError
    head = 9 if flags & _LONG else 2
    if len(data) < head:
        return None
    size = struct.unpack_from(">Q", data, 1)[0] if flags & _LONG else data[1]
    if size > _LARGEST:
        raise NotZmtpError
    return data[head : head + size] if len(data) >= head + size else None


def _ready(body: bytes, version: str) -> Hello:
    name, rest = body[1 : 1 + body[0]] if body else b"", body[1 + body[0] :] if body else b""
    if name == b"ERROR":
        return Hello(version=version, error=rest[1:].decode("ascii", "replace") or "no reason")
    if name != b"READY":
        raise NotZmtpError
    properties = dict(_properties(rest))
    type_ = properties.get("socket-type", b"").decode("ascii", "replace")
    return Hello(version=version, type=type_ or None, routing_id=properties.get("identity", b""))


def _properties(data: bytes) -> list[tuple[str, bytes]]:
    """RFC 23: a byte of length and the name, four bytes of length and the value. Names ignore case."""
    found, at = [], 0
    while at < len(data):
        name_end = at + 1 + data[at]
        if name_end + 4 > len(data):
            raise NotZmtpError
        (size,) = struct.unpack_from(">I", data, name_end)
        value_end = name_end + 4 + size
        if value_end > len(data):
            raise NotZmtpError
        found.append(
            (data[at + 1 : name_end].decode("ascii", "replace").lower(), data[name_end + 4 : value_end])
        )
        at = value_end
    return found
