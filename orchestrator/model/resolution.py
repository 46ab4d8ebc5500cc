"""What came of following every `bind` and `connect`: values for rules, graph and plan. No logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from orchestrator.model.sites import Site
from orchestrator.model.types import Address, Endpoint, Link, Socket
from orchestrator.transport.endpoint import EndpointProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meeting:
    """A link, and how many there are of each end once replicas are counted."""

    link: Link
    per_binder: int
    """The most connections one instance of the binder gets by this link."""
    per_connector: int
    """The most connections one instance of the connector makes by it."""
    bind: Site | None
    connect: Site | None
    """None where `connect` names `node.socket`, or where the other end is an external endpoint."""
    certain: bool = True
    """False where only the network can tell whether the two meet (a host name against an address)."""

    def other(self, socket: Socket) -> Socket | None:
        """The socket at the other end; the same one for a link to itself; None for an external endpoint."""
        return self.link.connector if socket is self.link.binder else self.link.binder


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Broken:
    """An address that is none. Named by an endpoint, it is told once, at the endpoint."""

    problem: EndpointProblem
    site: Site | None
    endpoint: Endpoint | None


class Missing(Enum):
    """Why nobody is where a socket connects to."""

    NOBODY = "nobody binds it"
    TARGET_CONNECTS = "the socket that is named does not bind"
    OTHER_DIRECTORY = "the same relative path is bound in another working directory"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unbound:
    """Connects of one or more sockets to a place that nobody binds."""

    connects: tuple[Site, ...]
    reason: Missing
    target: Socket | None = None
    """The socket named, for TARGET_CONNECTS."""
    elsewhere: Site | None = None
    """Who binds the same path from another directory, for OTHER_DIRECTORY."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clash:
    """Binds that cannot all hold. The first stands in the file before the others."""

    first: Site
    others: tuple[Site, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Across:
    """A connect to an inproc name that another process binds."""

    connect: Site
    bind: Site


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resolution:
    """Every bind and connect of a topology, each in exactly one place here."""

    meetings: tuple[Meeting, ...] = ()
    binds: tuple[Site, ...] = ()
    """Those that are endpoints, or that only a run can tell."""
    connects: tuple[Site, ...] = ()
    """Connects to an address; those that name a socket are in the meetings."""
    broken: tuple[Broken, ...] = ()
    wildcards: tuple[Site, ...] = ()
    """Connects to what only a bind may hold: `*` for a host or port."""
    unbound: tuple[Unbound, ...] = ()
    unknown: tuple[Address, ...] = ()
    """Names that lead nowhere: findings of the model's (`ZMQ052`)."""
    clashes: tuple[Clash, ...] = ()
    across: tuple[Across, ...] = ()
    by_socket: Mapping[str, tuple[Meeting, ...]] = field(default_factory=dict)
    """`node.socket` -> the meetings it takes part in; only sockets that have one."""

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(meeting.link for meeting in self.meetings)

    @property
    def is_sound(self) -> bool:
        """Whether every address leads somewhere, so that what is not linked is meant to be alone."""
        lost = self.broken or self.unknown or self.wildcards or self.unbound
        return not (lost or self.clashes or self.across)

    def of(self, socket: Socket) -> tuple[Meeting, ...]:
        """The meetings of one socket."""
        return self.by_socket.get(socket.ref, ())
