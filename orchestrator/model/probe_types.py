"""How it is found out whether a node is ready, done or healthy. Values only; durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from orchestrator.span import Span
from orchestrator.vocabulary import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatProbe:
    """Ready when the node says so on the control channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpProbe:
    """Something accepts connections at a socket's address, or at a port of 127.0.0.1, or at `host:port`."""

    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProbe:
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProbe:
    """A line of the node's output matches (Python `re.search`)."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecProbe:
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZmqProbe:
    """A fitting socket is connected to `socket`, `send` is sent, an answer that holds `expect` comes back."""

    socket: str
    send: str | None
    expect: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeersProbe:
    """`socket` has finished the handshake with so many peers (Python nodes only)."""

    socket: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayProbe:
    delay_s: float


ProbeKind: TypeAlias = (
    HeartbeatProbe | TcpProbe | FileProbe | LogProbe | ExecProbe | ZmqProbe | PeersProbe | DelayProbe
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """`ready` and `done`: asked every `interval_s` until it holds; `timeout_s` bounds the whole wait."""

    kind: ProbeKind
    span: Span
    path: Path
    interval_s: float = 0.1
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`health`: asked for ever once the node is ready; `retries` failures in a row make it unhealthy."""

    kind: ProbeKind
    span: Span
    path: Path
    interval_s: float = 10.0
    timeout_s: float = 5.0
    retries: int = 3
    start_period_s: float = 0.0
