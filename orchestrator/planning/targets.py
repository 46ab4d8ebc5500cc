"""Where every socket of every replica connects to, and which sockets are at the other ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from orchestrator.model.sites import reference_of
from orchestrator.model.types import Address, Link, Socket, Topology
from orchestrator.planning.instances import Cast, Instance
from orchestrator.planning.places import Places
from orchestrator.planning.reachable import reachable
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport, parse_endpoint
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget


class Targets:
    """Follows `connect`. A Python node waits for a Python binder's word and takes the address from it; all
    other targets are fixed addresses."""

    def __init__(self, topology: Topology, everybody: Cast, places: Places) -> None:
        self._topology = topology
        self._cast = everybody
        self._places = places
        self._by_address: dict[str, ConnectTarget] | None = None

    def of(self, instance: Instance, socket: Socket) -> tuple[ConnectTarget, ...]:
        """All targets of a replica's socket, each once, in the order of the file."""
        found: dict[ConnectTarget, None] = {}
        for address in socket.connects:
            found.update(dict.fromkeys(self._follow(instance, address)))
        return tuple(found)

    def _follow(self, instance: Instance, address: Address) -> Iterable[ConnectTarget]:
        named = self._topology.socket(reference_of(address.text) or address.text)
        if named is not None:
            return self._named(instance, named)
        text = self._places.connect(instance, address)
        return (self._announced(instance, text) or ConnectTarget(address=text),)

    def _named(self, instance: Instance, socket: Socket) -> Iterator[ConnectTarget]:
        """Every address of every replica of `node.socket`."""
        for binder in self._cast.instances_of[socket.node]:
            for index, address in enumerate(self._places.binds(binder, socket)):
                if address.startswith("inproc://"):
                    if binder.unit == instance.unit:
                        yield ConnectTarget(address=address)
                elif instance.node.is_python and binder.node.is_python:
                    yield ConnectTarget(address=None, instance=binder.name, socket=socket.name, index=index)
                else:
                    yield ConnectTarget(address=reachable(address))

    def _announced(self, instance: Instance, text: str) -> ConnectTarget | None:
        """The binder that will report just this address, so that it can be waited for."""
        if not instance.node.is_python or text.startswith("inproc://"):
            return None
        if self._by_address is None:
            self._by_address = dict(self._announcements())
        return self._by_address.get(_key(text) or "")

    def _announcements(self) -> Iterator[tuple[str, ConnectTarget]]:
        """What the Python nodes' sockets are going to report, as far as it is known."""
        for node in self._topology.nodes.values():
            if not node.is_python:
                continue
            for socket in node.sockets.values():
                for binder in self._cast.instances_of[node.name] if socket.binds else ():
                    for index, address in enumerate(self._places.binds(binder, socket)):
                        key = _key(reachable(address))
                        if key is not None:
                            yield (
                                key,
                                ConnectTarget(
                                    address=None, instance=binder.name, socket=socket.name, index=index
                                ),
                            )


def _key(address: str) -> str | None:
    """The same for all spellings of an address on this machine; None for what says nothing certain."""
    parsed = parse_endpoint(address)
    if not isinstance(parsed, ParsedEndpoint) or parsed.is_wildcard:
        return None
    if parsed.transport is Transport.TCP:
        host = "127.0.0.1" if parsed.host in ("localhost", "127.0.0.1") else parsed.host
        certain = parsed.source is None and parsed.host_kind in (HostKind.LOOPBACK, HostKind.IPV4)
        return f"tcp://{host}:{parsed.port}" if certain else None
    return address if parsed.transport is Transport.IPC else None


def peer_types(links: Iterable[Link]) -> Mapping[str, tuple[SocketType, ...]]:
    """`node.socket` -> the types of the sockets it meets, in a fixed order."""
    found: dict[str, set[SocketType]] = {}
    for link in links:
        outside = link.endpoint.type if link.endpoint is not None else None
        for own, other in ((link.binder, link.connector), (link.connector, link.binder)):
            met = other.type if other is not None else outside
            if own is not None and met is not None:
                found.setdefault(own.ref, set()).add(met)
    return {ref: tuple(sorted(types)) for ref, types in found.items()}
