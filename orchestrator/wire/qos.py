"""The quality of service of a socket: what its links promise, and what that is made with.

Values only, shared by the checker (which reads them from the file), the planner and the node processes. Loads
nothing but the standard library, because every node process imports it. Durations are seconds, sizes bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orchestrator.vocabulary import SocketType


class Delivery(StrEnum):
    """What happens to a message for which there is no room."""

    LOSSLESS = "lossless"
    """The sender waits, or is refused. Never dropped."""
    DROP = "drop"
    """Dropped and counted."""
    LATEST = "latest"
    """Only the newest matters: it takes the place of an older one."""


class Check(StrEnum):
    """How often payloads are checked against the schema of their message."""

    ALWAYS = "always"
    FIRST = "first"
    """The first message of each sender, at both ends."""
    NEVER = "never"


class OnLag(StrEnum):
    """What a receiver does with a message that is older than `max_lag`."""

    EXIT = "exit"
    """The node fails, and is restarted as its `restart` says (the guide's Suicidal Snail)."""
    DROP = "drop"
    REPORT = "report"
    """Counted and said; the node gets the message."""


class OnError(StrEnum):
    """What an exception in a node's handler means."""

    FAIL = "fail"
    SKIP = "skip"
    """Counted and reported; the next message comes."""
    DEAD_LETTER = "dead-letter"
    """As `skip`, and the message is sent to the node's `dead_letter` socket with the reason."""


class Failover(StrEnum):
    """How a client deals with several servers (the guide's Freelance pattern)."""

    SEQUENTIAL = "sequential"
    """One after another, the next when one does not answer."""
    SHOTGUN = "shotgun"
    """All at once; the first answer counts."""


class Mechanism(StrEnum):
    """A security mechanism of ZMTP (RFC 23)."""

    NULL = "null"
    PLAIN = "plain"
    CURVE = "curve"


class Compression(StrEnum):
    ZSTD = "zstd"
    LZ4 = "lz4"
    GZIP = "gzip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compress:
    """`compression` of a message."""

    codec: Compression
    above: int = 1024
    """Bytes; smaller payloads go as they are."""
    level: int | None = None
    """None: the library's own default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`batch`: small messages travel together. Whichever limit is reached first sends them off."""

    max_messages: int = 100
    max_bytes: int = 256 * 1024
    max_delay_s: float = 0.005
    """The longest a message waits for others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """`retry` of a REQ or DEALER (the guide's Lazy Pirate)."""

    timeout_s: float = 1.0
    """How long one attempt waits for its reply."""
    attempts: int = 3
    """With the first one."""
    initial_s: float = 0.1
    factor: float = 2.0
    max_s: float = 10.0
    jitter: float = 0.1
    """Each pause is multiplied by a random number from 1 - jitter to 1 + jitter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`breaker`: after so many failures in a row a service is not asked until `reset_s` is over; then one
    request tries it."""

    failures: int = 5
    reset_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitFor:
    """`wait_for`: the first message is held until so many peers (PUB, XPUB: subscribers) are there."""

    count: int | None
    """None: all that the topology declares."""
    timeout_s: float | None = None
    """The node fails when they have not come by then; None: it waits, and says so now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What strangers may do to a socket. None: no limit."""

    message_size: int | None = None
    """Bytes of one frame; a peer that sends a larger one is disconnected by libzmq (ZMQ_MAXMSGSIZE)."""
    frames: int | None = None
    """Frames of one message; one that has more is a bad message."""
    connections: int | None = None
    handshakes_per_second: float | None = None


SHARED_MEMORY_POOL: Final = 64 * 1024 * 1024
"""Bytes of the pool of `shared_memory: true`."""
DEDUPLICATION_S: Final = 60.0
"""How long a replier remembers which requests it has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QoS:
    """All of it for one socket. The defaults promise nothing that libzmq does not do by itself."""

    envelope: bool = False
    """Messages carry the header of docs/protocol.md."""
    delivery: Delivery | None = None
    """None: as libzmq does it for the socket's type."""
    compress: Compress | None = None
    check: Check = Check.FIRST
    batch: Batch | None = None
    wait_for: WaitFor | None = None
    max_lag_s: float | None = None
    on_lag: OnLag = OnLag.REPORT
    retry: Retry | None = None
    breaker: Breaker | None = None
    failover: Failover | None = None
    shared_memory: int | None = None
    """Size of the pool in bytes; 0: never; None: where the codec is made for it (arrow, numpy)."""
    limits: Limits = Limits()


def looks_after_requests(socket_type: SocketType, qos: QoS) -> bool:
    """Whether the requests of a socket have ids, attempts, deadlines: those of a REQ or DEALER with `retry`,
    `breaker`, `failover` or an envelope. Such a REQ has a DEALER of libzmq under it."""
    wanted = qos.envelope or qos.retry is not None or qos.breaker is not None or qos.failover is not None
    return wanted and socket_type in (SocketType.REQ, SocketType.DEALER)


def type_beneath(socket_type: SocketType, qos: QoS) -> SocketType:
    """The type of libzmq's socket under one whose requests may be looked after."""
    if socket_type is SocketType.REQ and looks_after_requests(socket_type, qos):
        return SocketType.DEALER
    return socket_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How a socket proves who it is and whom it hears."""

    mechanism: Mechanism
    keys: str = ""
    """Absolute: the directory with the keys (CURVE) or the file with the users (PLAIN)."""
    name: str = ""
    """The node's own name in it."""
    server: bool = False
    """Whether this end is the server of the mechanism: the one that binds."""
    server_names: tuple[str, ...] = ()
    """A client's: the nodes it connects to, whose public key it must know."""
    server_at: tuple[tuple[str, str], ...] = ()
    """Which of them is at a fixed address, where there are several."""
    allow: tuple[str, ...] | None = None
    """A server's: the nodes that may connect; None: all that have a key in the directory."""
    unencrypted: bool = False
    """PLAIN may be used where others can listen."""
