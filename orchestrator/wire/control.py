"""The control channel's frames: how a node process and its supervisor talk, as docs/protocol.md specifies.

Every message has four frames: `ORC1`, kind, who (instance or unit, UTF-8), body (JSON object, UTF-8, may be
empty). A PING's body is opaque and comes back unchanged: the echo is the answer, and a loop in C can give
it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAGIC = b"ORC1"
MAX_BODY = 1 << 20
"""Bytes; a larger body is refused unread."""
MAX_WHO = 512


class Kind(StrEnum):
    # node -> supervisor
    HELLO = "HELLO"
    """{unit, attempt, token, pid, role: control | heartbeat}. First message of every connection."""
    BOUND = "BOUND"
    """{addresses: {socket: [address, …]}}"""
    READY = "READY"
    FAILED = "FAILED"
    """{cause, reason, permanent}"""
    BEAT = "BEAT"
    """{steps, busy_s, sockets: {name: {received, sent, undecodable}}, links: {name: {address: {…}}},
    meters: [[kind, name, description, labels, value], …]}"""
    HELD = "HELD"
    """{hold}: the answer to HOLD."""
    # supervisor -> node
    CONNECT = "CONNECT"
    """{addresses: [[instance, socket, [address, …]], …],
    targets: [[own instance, own socket, [[address | null, instance | null, socket | null, index], …]], …]}"""
    STOP = "STOP"
    """{reason, drain, seconds}: with `drain` the node first finishes what it has, within `seconds`."""
    HOLD = "HOLD"
    """{hold, sockets: [[instance, socket], …], seconds}: send nothing on these until RELEASE, or for so
    long."""
    RELEASE = "RELEASE"
    """{hold}"""
    TAP = "TAP"
    """{tap, sockets: [[instance, socket], …], address, seconds}: copy their messages to a PULL at `address`
    for so long."""
    AGAIN = "AGAIN"
    """{pid}: a new supervisor asks for HELLO, and for what was told of BOUND, READY and FAILED."""
    # both ways
    PING = "PING"


@dataclass(frozen=True, slots=True)
class ControlMessage:
    kind: Kind
    who: str
    body: dict[str, Any]
    raw: bytes = b""
    """The body as it came (PING)."""


class ControlError(ValueError):
    """Frames that are no control message; the text says why."""


_to_json = json.JSONEncoder(separators=(",", ":")).encode


def encode(kind: Kind, who: str, body: dict[str, Any] | None = None) -> list[bytes]:
    """The four frames of a control message."""
    payload = _to_json(body).encode() if body else b""
    return [MAGIC, kind.value.encode(), who.encode(), payload]


def ping(who: str, opaque: bytes) -> list[bytes]:
    """The frames of a PING whose body the peer returns unchanged."""
    return [MAGIC, b"PING", who.encode(), opaque]


_KINDS = {k.value.encode(): k for k in Kind}


def decode(frames: list[bytes]) -> ControlMessage:
    """Read the frames of one control message. Raises ControlError, and nothing else, for anything else."""
    if len(frames) != 4:
        raise ControlError(f"{len(frames)} frames, expected 4")
    magic, kind_bytes, who_bytes, payload = frames
    if magic != MAGIC:
        raise ControlError(f"magic {magic[:8]!r}, expected {MAGIC!r}")
    kind = _KINDS.get(kind_bytes)
    if kind is None:
        raise ControlError(f"unknown kind {kind_bytes[:16]!r}")
    if len(who_bytes) > MAX_WHO or len(payload) > MAX_BODY:
        raise ControlError(f"{kind}: oversized ({len(who_bytes)} + {len(payload)} bytes)")
    try:
        who = who_bytes.decode()
        body = json.loads(payload) if payload and kind is not Kind.PING else {}
    except (ValueError, RecursionError) as error:
        raise ControlError(f"{kind}: {error}") from error
    if not isinstance(body, dict):
        raise ControlError(f"{kind}: the body is no JSON object")
    return ControlMessage(kind, who, body, payload)
