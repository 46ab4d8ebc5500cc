"""What is declared, what was observed, and what the comparison says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from orchestrator.vocabulary import SocketType

BIND: Final = "bind"
"""In BEAT, all addresses that a socket binds (docs/protocol.md)."""


# ------------------------------------------------------------------ declared


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A socket of one instance, as one end of a link."""

    unit: str
    instance: str
    socket: str
    type: SocketType

    @property
    def ref(self) -> str:
        """`instance.socket`."""
        return f"{self.instance}.{self.socket}"

    @property
    def key(self) -> tuple[str, str]:
        return self.instance, self.socket


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One connection that the plan wants: an instance's socket to one address."""

    connector: End
    binder: End | None
    """None where a program outside of the topology binds."""
    address: str | None
    """Where to; None as long as the binder has not told."""


# ------------------------------------------------------------------ observed


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSeen:
    """What a node's socket monitor has counted at one address, as BEAT told it. Times are monotonic
    seconds."""

    peers: int
    changed_at: float
    open: int = 0
    ok: int = 0
    lost: int = 0
    row: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)
    failed_at: float | None = None
    standby: bool = False
    """The socket connects there when another server fails (`failover: sequential`)."""


SocketSeen: TypeAlias = Mapping[str, EndpointSeen]
"""Address, or `BIND` -> what was counted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of this machine, or one that only its address is known of."""

    pid: int | None
    unit: str | None
    """The unit it belongs to; None for a stranger."""
    text: str
    """`pid 4711 (python tap.py)`, or `10.0.0.7:40001`."""
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The kernel's word about the addresses that the units bind and connect to."""

    listeners: Mapping[str, tuple[Process, ...]]
    """address -> who listens there; without those whose holder cannot be seen."""
    connections: Mapping[str, tuple[Process, ...]]
    """address -> who has an established connection to it; without the supervisor's own."""
    blind: frozenset[str] = frozenset()
    """Addresses whose connections cannot be told: the kernel does not say who is at the other end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything that is known at one moment."""

    now: float
    """Monotonic."""
    sockets: Mapping[tuple[str, str], SocketSeen]
    """(instance, socket) -> what its node told."""
    running: frozenset[str]
    """Units that have a process."""
    states: Mapping[str, str] = field(default_factory=dict)
    """unit -> why it has none."""
    began: Mapping[str, float] = field(default_factory=dict)
    """unit -> when its process began."""
    tables: Tables | None = None


# ------------------------------------------------------------------ the verdict


class LinkState(StrEnum):
    UP = "up"
    """The handshake has succeeded; between two foreign programs: they are connected."""
    DOWN = "down"
    """There is no connection."""
    FAILING = "failing"
    """Connections are made, and do not get through the handshake; or they lead to a stranger."""
    UNKNOWN = "unknown"
    """Nobody can see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReport:
    """One declared link, as it really is."""

    declared: Declared
    state: LinkState
    reason: str = ""
    """Why it is not up; empty where it is."""
    remedy: str | None = None
    since_s: float | None = None
    """For how long it has been up, or not."""
    handshakes: int | None = None
    """How often it came up since the connector's process began."""
    failed: Mapping[str, int] = field(default_factory=dict)
    """Handshakes that failed at the connector, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody who is connected to a socket, and whom no link declares."""

    binder: End
    address: str | None
    who: str
    pid: int | None = None
    user: str | None = None


REFUSED: Final = ("auth", "replaced", "key", "mechanism", "protocol", "connections", "rate")
"""Kinds of failure that tell of a peer which was turned away, or ought to be. One that broke off may have
been a probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A socket that turned peers away since its process began."""

    binder: End
    kinds: Mapping[str, int]
    """How often, by kind."""
    last_s: float
    """How long ago a handshake last failed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """All of a topology's links."""

    links: tuple[LinkReport, ...]
    strangers: tuple[Stranger, ...]
    refused: tuple[Refused, ...] = ()

    @property
    def up(self) -> int:
        """How many are up."""
        return sum(link.state is LinkState.UP for link in self.links)

    def of_units(self) -> dict[str, tuple[int, int]]:
        """unit -> how many of the links that end at it are up, and how many there are."""
        found: dict[str, tuple[int, int]] = {}
        for link in self.links:
            ends = (link.declared.connector, link.declared.binder)
            for unit in {end.unit for end in ends if end is not None}:
                up, count = found.get(unit, (0, 0))
                found[unit] = (up + (link.state is LinkState.UP), count + 1)
        return found
