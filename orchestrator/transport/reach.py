"""Whether two binds take the same place, and whether a connect reaches a bind.

Values only, no name is looked up.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport


class Reach(Enum):
    """Whether a connect reaches a bind."""

    YES = "yes"
    PERHAPS = "perhaps"
    """Only the network can tell: one side is a name, the other an address."""
    NO = "no"


LOCAL_HOSTS: Final = frozenset((HostKind.WILDCARD, HostKind.LOOPBACK))


def overlap(one: ParsedEndpoint, other: ParsedEndpoint) -> bool:
    """Whether one host cannot hold both binds (EADDRINUSE; on an ipc path the second takes it over silently).

    ipc paths are compared as they stand: resolve them before. Wildcard ports never collide. A wildcard host
    takes its port on every interface.
    """
    if one.transport is not other.transport or one.is_wildcard or other.is_wildcard:
        return False
    if not one.transport.is_point_to_point:
        return False
    if one.port is not None:
        return one.port == other.port and same_interface(one, other)
    return one.path == other.path


def same_interface(one: ParsedEndpoint, other: ParsedEndpoint) -> bool:
    """Whether two bound hosts share an interface, so that one port cannot serve both."""
    if HostKind.WILDCARD in (one.host_kind, other.host_kind):
        return True
    return interface_of(one) == interface_of(other)


def interface_of(endpoint: ParsedEndpoint) -> str:
    """A bound host in one spelling: `localhost`, `lo` and `127.0.0.1` are the same."""
    host = endpoint.host.lower()
    if host in ("localhost", "lo"):
        return "127.0.0.1"
    return host


def reach(connect: ParsedEndpoint, bind: ParsedEndpoint) -> Reach:
    """Whether a socket that connects to `connect` meets the one that binds `bind`.

    A `*` binder is matched by any connect to its port: which addresses the host has is not known here.
    """
    if connect.transport is not bind.transport:
        return Reach.NO
    if connect.transport not in (Transport.TCP, Transport.UDP, Transport.WS, Transport.WSS):
        return Reach.YES if connect.path == bind.path else Reach.NO
    if connect.port is None or connect.port != bind.port:
        return Reach.NO
    return host_reach(connect, bind)


def host_reach(connect: ParsedEndpoint, bind: ParsedEndpoint) -> Reach:
    """`reach` for two endpoints whose ports are known to be equal."""
    if bind.host_kind is HostKind.WILDCARD or interface_of(connect) == interface_of(bind):
        return Reach.YES
    if connect.host_kind in LOCAL_HOSTS and bind.host_kind is HostKind.LOOPBACK:
        # 127.0.0.1 and 127.0.0.2 differ, but `localhost` and `0.0.0.0` lead to 127.0.0.1.
        local = {interface_of(connect), interface_of(bind)}
        return Reach.YES if local <= {"127.0.0.1", "::1", "0.0.0.0", "*", "::"} else Reach.NO
    if connect.host_kind is HostKind.NAME or bind.host_kind is HostKind.NAME:
        return Reach.PERHAPS if connect.host_kind is not HostKind.LOOPBACK else Reach.NO
    return Reach.NO
