"""What a topology says about security: of all its links, and of single sockets. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.wire.qos import Mechanism


class CurveLinks(StrEnum):
    """Which links CURVE secures without a word of their sockets' (`security.curve.links`)."""

    ALL = "all"
    """Those by tcp and ipc."""
    REMOTE = "remote"
    """Those by tcp with an address that is not this host's alone."""
    CHOSEN = "chosen"
    """None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSecurity:
    """`security` of a socket."""

    mechanism: Mechanism = Mechanism.CURVE
    allow: tuple[str, ...] | None = None
    """The nodes that may connect; None: all that have a key."""
    unencrypted: bool = False
    """PLAIN may be used where others can listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Securing:
    """`security` of the topology. Paths are absolute."""

    keys: str
    """The directory of the CURVE keys."""
    links: CurveLinks = CurveLinks.CHOSEN
    users: str | None = None
    """The file with the names and passwords of PLAIN."""
