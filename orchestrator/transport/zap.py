"""The ZeroMQ Authentication Protocol (RFC 27): a request of libzmq's, and the answer. Frames only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.wire.qos import Mechanism

ADDRESS: Final = "inproc://zeromq.zap.01"
VERSION: Final = b"1.0"
MAX_FRAMES: Final = 16
"""Of a request; libzmq's own have at most 8."""

OK: Final = 200
TEMPORARY: Final = 300
"""The client may come again: it waits for its handshake to time out (ZMQ_HANDSHAKE_IVL), keeps what it has
queued, and tries anew."""
DENIED: Final = 400
"""libzmq's clients do not come again, and throw away what they have queued for this address."""
FAULT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One handshake that libzmq asks about."""

    id: bytes
    domain: str
    address: str
    """Where the client comes from: an IP address; empty, or the path, with ipc."""
    mechanism: Mechanism
    key: bytes = b""
    """CURVE: the client's public key, 32 bytes."""
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, and why."""

    status: int
    who: str = ""
    """The User-Id: the node's name."""
    reason: str = ""
    kind: str = ""
    """One word for the reason, the same for all that are refused for it."""

    @property
    def ok(self) -> bool:
        return self.status == OK


def parse(frames: Sequence[bytes]) -> Request | None:
    """Read a request; None for what is none, or of a mechanism or version that nobody knows here."""
    if not 6 <= len(frames) <= MAX_FRAMES or frames[0] != VERSION:
        return None
    _, number, domain, address, _, mechanism, *credentials = frames
    try:
        kind = Mechanism(mechanism.decode().lower())
    except ValueError:
        return None
    key, user, password = b"", "", ""
    if kind is Mechanism.CURVE:
        if len(credentials) != 1 or len(credentials[0]) != 32:
            return None
        key = credentials[0]
    elif kind is Mechanism.PLAIN:
        if len(credentials) != 2:
            return None
        user, password = (part.decode("utf-8", "replace") for part in credentials)
    return Request(
        id=number,
        domain=domain.decode("utf-8", "replace"),
        address=address.decode("utf-8", "replace"),
        mechanism=kind,
        key=key,
        user=user,
        password=password,
    )


def reply(number: bytes, verdict: Verdict) -> list[bytes]:
    """The frames of an answer. They tell no reason: a stranger needs none."""
    text = {OK: b"OK", TEMPORARY: b"Come again", DENIED: b"Denied"}.get(verdict.status, b"Error")
    user = verdict.who.encode() if verdict.ok else b""
    return [VERSION, number, b"%d" % verdict.status, text, user, b""]
