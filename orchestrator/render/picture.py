"""The picture of a topology as a plain value: what is drawn, before anybody decides on shapes and colours.

Knows the shared vocabulary and nothing of topologies, DOT, Mermaid or layout engines. Every drawing format is
a function of a Picture; views (a focus, a fold, a comparison) are functions from Picture to Picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.span import Span
from orchestrator.vocabulary import NodeKind, SocketType


class Family(StrEnum):
    """What a link or a port is coloured by; the value is its name in the legend."""

    PUB_SUB = "pub/sub"
    PIPELINE = "pipeline"
    REQ_REP = "req/rep"
    ROUTED = "router/dealer"
    PAIR = "pair"
    STREAM = "stream"
    MISFIT = "types that cannot talk"
    """Two socket types between which libzmq lets nothing pass."""


class Role(StrEnum):
    """Which side of the meeting a socket is on; the value is its name in the legend."""

    BINDS = "binds"
    CONNECTS = "connects"
    BOTH = "binds and connects"
    NEITHER = "neither binds nor connects"


class Flavour(StrEnum):
    """What kind of program a node runs; the value is its name in the legend."""

    PYTHON = "Python node"
    FOREIGN = "foreign program"
    STOCK = "stock node"


class Side(StrEnum):
    """The side of the box a port sits on: data comes in at the left and leaves at the right."""

    LEFT = "left"
    RIGHT = "right"


class Arrows(StrEnum):
    """Where the data goes."""

    FORWARD = "forward"
    """From tail to head."""
    BOTH = "both"
    NONE = "none"
    """Nothing can pass."""


class Change(StrEnum):
    """What became of something since an older topology; the value is its name in the legend."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A finding about a box."""

    code: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A socket, as a mark on the border of its node's box."""

    name: str
    type: SocketType
    family: Family
    role: Role
    side: Side
    addresses: tuple[str, ...] = ()
    """What it binds, shortened for reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A node, all its replicas in one."""

    id: str
    """Unique among boxes and externals; the node's name."""
    title: str
    program: str
    """One short line: what runs."""
    flavour: Flavour
    kind: NodeKind
    ports: tuple[Port, ...]
    tooltip: str
    span: Span
    replicas: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    process: str | None = None
    host: str | None = None
    """Where it binds, when that is an address of one host; None for any and for this one."""
    marks: tuple[Mark, ...] = ()
    change: Change | None = None
    folded: int = 0
    """How many nodes the box stands for when it is a folded group; 0 for a node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """Something outside the topology that a node meets: a named endpoint, or an address nobody here binds."""

    id: str
    title: str
    address: str
    """Shortened for reading."""
    tooltip: str
    type: SocketType | None = None
    declared: bool = True
    """False for an address that stands under `connect` and that no node binds."""
    span: Span | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of an edge: a box and its port, or an external (which has no ports)."""

    id: str
    port: str | None = None

    def __str__(self) -> str:
        return self.id if self.port is None else f"{self.id}.{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The links between two sockets. Data runs from tail to head; a two-way link may have it either way."""

    tail: End
    head: End
    family: Family
    arrows: Arrows
    payload: str | None
    """Message and codec, in one short line."""
    topics: str | None
    tooltip: str
    backwards: bool = False
    """Drawn from right to left, since it leads back to where its data has come from."""
    change: Change | None = None
    count: int = 1
    """How many pairs of sockets it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Boxes that belong together: the nodes of one OS process."""

    id: str
    title: str
    members: tuple[str, ...]
    """Ids of boxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """What occurs in this picture and needs a word of explanation, each in the order of its enumeration."""

    families: tuple[Family, ...] = ()
    roles: tuple[Role, ...] = ()
    flavours: tuple[Flavour, ...] = ()
    tasks: bool = False
    replicas: bool = False
    externals: bool = False
    strays: bool = False
    """Addresses nobody binds."""
    marks: bool = False
    """Findings."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    title: str
    description: str | None
    boxes: tuple[Box, ...]
    externals: tuple[External, ...]
    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]
    legend: Legend
    note: str | None = None
    """What a view has left out or put together, for the heading."""

    @property
    def shapes(self) -> int:
        """How many nodes a drawing of this picture has."""
        return len(self.boxes) + len(self.externals)
