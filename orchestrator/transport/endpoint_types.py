"""What an endpoint is, as values: transports, hosts, an endpoint taken apart, a text that is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, TypeAlias


class Transport(StrEnum):
    """Every transport libzmq knows, compiled in or not."""

    TCP = "tcp"
    IPC = "ipc"
    INPROC = "inproc"
    UDP = "udp"
    PGM = "pgm"
    EPGM = "epgm"
    NORM = "norm"
    WS = "ws"
    WSS = "wss"
    TIPC = "tipc"
    VMCI = "vmci"
    VSOCK = "vsock"

    @property
    def is_point_to_point(self) -> bool:
        """Whether one side binds an address and the others connect to the same text.

        On multicast transports all sides name the group; tipc, vmci and vsock write the two ends differently.
        """
        return self in (Transport.TCP, Transport.IPC, Transport.INPROC, Transport.WS, Transport.WSS)

    @property
    def in_wheel(self) -> bool:
        """Whether the libzmq inside pyzmq's wheels has it (measured: pyzmq 27.3.0, libzmq 4.3.5).

        udp is left out: it serves draft socket types only.
        """
        return self in (Transport.TCP, Transport.IPC, Transport.INPROC, Transport.TIPC)


class HostKind(Enum):
    """What stands where a host belongs."""

    NONE = "none"
    WILDCARD = "wildcard"
    """`*`, `0.0.0.0`, `[::]`: every interface."""
    LOOPBACK = "loopback"
    """`localhost`, `127.x.y.z`, `[::1]`, `lo`."""
    IPV4 = "IPv4 address"
    IPV6 = "IPv6 address"
    NAME = "name"
    """A DNS name, or the name of a network interface."""


MAX_PORT: Final = 65535
MAX_IPC_PATH: Final = 107
"""Bytes of a path that fit into `sockaddr_un.sun_path` with its final zero (unix(7));

`zmq.IPC_PATH_MAX_LEN`.
"""
MAX_INPROC_NAME: Final = 256
"""zmq_inproc(7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEndpoint:
    """An endpoint taken apart."""

    text: str
    transport: Transport
    host: str = ""
    """As written, without brackets;

    `*` is the wildcard. Empty for ipc, inproc and transports of other shapes.
    """
    host_kind: HostKind = HostKind.NONE
    port: int | None = None
    """None where there is none, or where the system chooses (`*` or 0)."""
    wildcard_port: bool = False
    source: str | None = None
    """The local half of `tcp://source;destination`."""
    path: str = ""
    """The path of ipc (with `@` for the abstract name space), the name of inproc, else the rest."""

    @property
    def is_wildcard(self) -> bool:
        """Whether something in it only a bind can fill in: the port, or the path of `ipc://*`."""
        return self.wildcard_port or (self.transport is Transport.IPC and self.path == "*")

    @property
    def is_abstract(self) -> bool:
        """An ipc name in Linux's abstract name space: no file, and a second bind fails."""
        return self.transport is Transport.IPC and self.path.startswith("@")


class ProblemKind(Enum):
    """Why a text is no endpoint."""

    SYNTAX = "syntax"
    TRANSPORT = "transport"
    PORT_RANGE = "port range"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointProblem:
    """A text that is no endpoint: the reason as half a sentence, and what was probably meant."""

    text: str
    kind: ProblemKind
    reason: str
    suggestion: str | None = None


Parsed: TypeAlias = ParsedEndpoint | EndpointProblem
