"""Which sockets are secured, how, and who is known to whom.

A mechanism is chosen for a socket, not for a link (zmq_curve(7)): where one link of a socket is to be
secured, all its links are, and so are the sockets that it meets, unless they say otherwise themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.model.resolution import Resolution
from orchestrator.model.securities import CurveLinks, SocketSecurity
from orchestrator.model.service import KEYS, absolute
from orchestrator.model.sites import Site
from orchestrator.model.types import Socket, Topology
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport, parse_endpoint
from orchestrator.vocabulary import SocketType
from orchestrator.wire.qos import Mechanism, Security

_CURVE: Final = SocketSecurity(mechanism=Mechanism.CURVE)


def securities(topology: Topology, resolution: Resolution) -> Mapping[str, SocketSecurity]:
    """`node.socket` -> its security, by its own word or by the topology's. NULL where it says so itself."""
    every = [s for s in topology.sockets() if s.type is not SocketType.STREAM]  # it is raw TCP
    found = {s.ref: s.security for s in every if s.security is not None}
    which = CurveLinks.CHOSEN if topology.security is None else topology.security.links
    if which is CurveLinks.CHOSEN:
        return found
    able = {s.ref for s in every}
    to_do = list(_in_scope(resolution, which))
    while to_do:
        ref = to_do.pop()
        if ref not in found and ref in able:
            found[ref] = _CURVE
            to_do += _met(resolution, ref)
    return found


def security_of(
    topology: Topology, resolution: Resolution, socket: Socket, said: SocketSecurity | None
) -> Security | None:
    """What a socket's process is told; None for the NULL mechanism. `said` comes from `securities`."""
    if said is None or said.mechanism is Mechanism.NULL:
        return None
    securing = topology.security
    if said.mechanism is Mechanism.PLAIN:
        keys = securing.users if securing is not None and securing.users is not None else ""
    else:
        keys = keys_directory(topology)
    servers = () if socket.binds else tuple(dict.fromkeys(_servers(resolution, socket)))
    names = tuple(dict.fromkeys(name for _, name in servers))
    return Security(
        mechanism=said.mechanism,
        keys=keys,
        name=socket.node,
        server=bool(socket.binds),
        server_names=names,
        server_at=servers if len(names) > 1 else (),
        allow=said.allow,
        unencrypted=said.unencrypted,
    )


def keys_directory(topology: Topology) -> str:
    """The directory of the CURVE keys, absolute."""
    if topology.security is not None:
        return topology.security.keys
    return absolute(KEYS, topology.directory)


def _in_scope(resolution: Resolution, which: CurveLinks) -> Iterator[str]:
    """The sockets with an address that is to be secured."""
    for site in (*resolution.binds, *resolution.connects):
        if any(_is_meant(parsed, site, which) for parsed in site.spots):
            yield site.socket.ref
    for meeting in resolution.meetings:
        link = meeting.link
        if meeting.bind is None:  # an outside system's
            parsed = parse_endpoint(link.address)
            meant = isinstance(parsed, ParsedEndpoint) and _counts(parsed, which)
        else:
            meant = any(_is_meant(parsed, meeting.bind, which) for parsed in meeting.bind.spots)
        if meant:
            yield from (end.ref for end in (link.binder, link.connector) if end is not None)


def _is_meant(parsed: object, site: Site, which: CurveLinks) -> bool:
    if isinstance(parsed, ParsedEndpoint):
        return _counts(parsed, which)
    if site.is_auto:  # ipc, or tcp on the loopback interface
        return which is CurveLinks.ALL
    return site.text.startswith("tcp://") or (which is CurveLinks.ALL and not site.text.startswith("inproc:"))


def _counts(parsed: ParsedEndpoint, which: CurveLinks) -> bool:
    if parsed.transport is Transport.TCP:
        return which is CurveLinks.ALL or not is_of_this_host(parsed)
    return parsed.transport is Transport.IPC and which is CurveLinks.ALL


def is_of_this_host(parsed: ParsedEndpoint) -> bool:
    """Whether a tcp address is that of the loopback interface."""
    return parsed.host_kind is HostKind.LOOPBACK


def _met(resolution: Resolution, ref: str) -> Iterator[str]:
    """The sockets that meet a socket by more than the memory of their process."""
    for meeting in resolution.by_socket.get(ref, ()):
        if meeting.link.address.startswith("inproc:"):
            continue
        for end in (meeting.link.binder, meeting.link.connector):
            if end is not None and end.ref != ref:
                yield end.ref


def _servers(resolution: Resolution, socket: Socket) -> Iterator[tuple[str, str]]:
    """Address and name of those it connects to. By the name their keys are kept: nodes, and endpoints of
    outsiders."""
    for meeting in resolution.of(socket):
        if meeting.link.binder is not None and meeting.link.connector is socket:
            yield meeting.link.address, meeting.link.binder.node
        elif meeting.link.endpoint is not None:
            yield meeting.link.address, meeting.link.endpoint.name
