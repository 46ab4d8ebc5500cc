"""Which sockets meet: every `bind` and `connect` followed to its other end. Linear in sockets and replicas.

`localhost` is `127.0.0.1`; a bind to `*` is met by any connect to its port; `node.socket` means every address
that socket binds, on every replica; an expression that only a run can evaluate meets the same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from orchestrator.model.bindings import Bindings, unit_of
from orchestrator.model.resolution import Across, Broken, Meeting, Missing, Resolution, Unbound
from orchestrator.model.sites import AUTO, Site, bind_site, connect_site, named, reference_of, spot
from orchestrator.model.types import Address, Endpoint, Link, Node, Socket, Topology
from orchestrator.transport.endpoint import (
    EndpointProblem,
    HostKind,
    ParsedEndpoint,
    Transport,
    is_address,
)
from orchestrator.transport.reach import Reach, reach

_Met: TypeAlias = dict[int, tuple[Site, dict[int, int], int, bool]]


def links(topology: Topology) -> tuple[Link, ...]:
    """Every pair of sockets that meet, in the order of their connects; replicas are not expanded."""
    return resolve(topology).links


def resolve(topology: Topology) -> Resolution:
    """Follow every address of the topology."""
    return _Resolver(topology).run()


class _Resolver:
    """Collects what becomes a Resolution."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.bindings = Bindings(topology.nodes)
        self.binds: dict[str, list[Site]] = {}
        self.connects: list[Site] = []
        self.meetings: list[Meeting] = []
        self.broken: list[Broken] = []
        self.broken_names: set[str] = set()
        self.wildcards: list[Site] = []
        self.unbound: dict[object, list[Site]] = {}
        self.elsewhere: dict[object, Site] = {}
        self.refused: list[Unbound] = []
        self.across: list[Across] = []
        self.unknown: list[Address] = []
        self.externals: list[tuple[Endpoint, ParsedEndpoint]] = []

    def run(self) -> Resolution:
        self._endpoints()
        for node in self.topology.nodes.values():
            for socket in node.sockets.values():
                for address in socket.binds:
                    self._bind(node, socket, address)
        for node in self.topology.nodes.values():
            for socket in node.sockets.values():
                for address in socket.connects:
                    self._connect(node, socket, address)
        return Resolution(
            meetings=tuple(self.meetings),
            binds=tuple(site for sites in self.binds.values() for site in sites),
            connects=tuple(self.connects),
            broken=tuple(self.broken),
            wildcards=tuple(self.wildcards),
            unbound=(*self._nobody(), *self.refused),
            clashes=self.bindings.clashes(),
            across=tuple(self.across),
            unknown=tuple(self.unknown),
            by_socket=_by_socket(self.meetings),
        )

    def _endpoints(self) -> None:
        for endpoint in self.topology.endpoints.values():
            if "${{" in endpoint.address:
                continue
            any_node = next(iter(self.topology.nodes.values()), None)
            parsed = spot(self.topology, any_node, endpoint.address, 0) if any_node else None
            if isinstance(parsed, EndpointProblem):
                self.broken.append(Broken(problem=parsed, site=None, endpoint=endpoint))
                self.broken_names.add(endpoint.name)
            elif parsed is not None and endpoint.external:
                self.externals.append((endpoint, parsed))

    # --- binds

    def _bind(self, node: Node, socket: Socket, address: Address) -> None:
        if self._is_unknown_name(address):
            return
        site = bind_site(self.topology, node, socket, address)
        if self._is_broken(site):
            return
        self.binds.setdefault(socket.ref, []).append(site)
        if site.endpoint is not None and site.endpoint.external:
            # An outside system connects to what is bound here.
            self._meet_external(site.endpoint, binder=socket, span_of=address)
        self.bindings.add(node, site)

    # --- connects

    def _connect(self, node: Node, socket: Socket, address: Address) -> None:
        text, _ = named(self.topology, address.text)
        target = self.topology.socket(reference_of(text) or text)
        if target is not None:
            self._connect_socket(node, socket, address, target)
            return
        if self._is_unknown_name(address):
            return
        site = connect_site(self.topology, node, socket, address)
        if self._is_broken(site):
            return
        parsed = site.parsed
        if parsed is not None and _is_wildcard_connect(parsed):
            self.wildcards.append(site)
            return
        self.connects.append(site)
        if site.endpoint is not None and site.endpoint.external:
            self._meet_external(site.endpoint, connector=socket, span_of=address)
        elif parsed is None:
            self._connect_open(node, site)
        else:
            self._connect_address(node, site, parsed)

    def _connect_socket(self, node: Node, socket: Socket, address: Address, target: Socket) -> None:
        """`connect: node.socket`: every address that socket binds."""
        owner = self.topology.nodes[target.node]
        sites = self.binds.get(target.ref, [])
        if not target.binds:
            site = Site(socket=socket, address=address, text=address.text, endpoint=None, spots=(None,))
            self.refused.append(Unbound(connects=(site,), reason=Missing.TARGET_CONNECTS, target=target))
        for bind in sites:
            if bind.parsed is not None and bind.parsed.transport is Transport.INPROC:
                if unit_of(node, 0) != unit_of(owner, 0):
                    site = Site(
                        socket=socket, address=address, text=bind.text, endpoint=None, spots=bind.spots[:1]
                    )
                    self.across.append(Across(connect=site, bind=bind))
                    continue
                per_connector = 1
            else:
                per_connector = owner.replicas
            self._meet(bind, address, socket, node.replicas, per_connector)

    def _connect_open(self, node: Node, site: Site) -> None:
        """An address that only a run can tell: it meets the same text, and is not judged otherwise."""
        bind = self.bindings.same_text(site.text)
        if bind is not None and not bind.is_auto:
            self._meet(bind, site.address, site.socket, node.replicas, 1, site)

    def _connect_address(self, node: Node, site: Site, parsed: ParsedEndpoint) -> None:
        met = self._find(node, site)
        certain = {key: entry for key, entry in met.items() if entry[3]}
        for bind, per_binder, per_connector, sure in (certain or met).values():
            self._meet(
                bind,
                site.address,
                site.socket,
                max(per_binder.values()),
                per_connector,
                site,
                certain=sure,
            )
        if met:
            return
        for endpoint, address in self.externals:
            if reach(parsed, address) is Reach.YES:
                self._meet_external(endpoint, connector=site.socket, span_of=site.address)
                return
        self._nobody_at(node, site, parsed)

    def _find(self, node: Node, site: Site) -> _Met:
        """The binds a connect meets, with the connections per replica of the binder and per connector."""
        met: _Met = {}
        varies = len(site.spots) > 1
        inproc = site.parsed is not None and site.parsed.transport is Transport.INPROC
        for index in range(node.replicas if varies or inproc else 1):
            parsed = site.spots[index if index < len(site.spots) else 0]
            if not isinstance(parsed, ParsedEndpoint):
                continue
            own: dict[int, int] = {}
            for (bind, replica, _), sure in self.bindings.at(parsed, unit_of(node, index)):
                _, counts, most, _ = met.get(id(bind), (bind, {}, 0, sure))
                counts[replica] = counts.get(replica, 0) + (1 if varies or inproc else node.replicas)
                own[id(bind)] = own.get(id(bind), 0) + 1
                met[id(bind)] = (bind, counts, max(most, own[id(bind)]), sure)
        return met

    def _nobody_at(self, node: Node, site: Site, parsed: ParsedEndpoint) -> None:
        if not parsed.transport.is_point_to_point:
            return
        if parsed.transport is Transport.INPROC:
            other = self.bindings.inproc_elsewhere(parsed.path)
            if other is not None:
                self.across.append(Across(connect=site, bind=other))
                return
        key: object = (parsed.transport, parsed.host if parsed.port else "", parsed.port or parsed.path)
        if parsed.transport is Transport.INPROC:
            key = (key, unit_of(node, 0))
        elif parsed.transport is Transport.IPC:
            twin = self.bindings.same_path_text(site.text)
            if twin is not None:
                self.elsewhere[key] = twin
        self.unbound.setdefault(key, []).append(site)

    def _nobody(self) -> list[Unbound]:
        return [
            Unbound(
                connects=tuple(sites),
                reason=Missing.OTHER_DIRECTORY if key in self.elsewhere else Missing.NOBODY,
                elsewhere=self.elsewhere.get(key),
            )
            for key, sites in self.unbound.items()
        ]

    # --- both

    def _is_unknown_name(self, address: Address) -> bool:
        """A name that leads nowhere: that is a finding of the model's."""
        text = address.text
        if is_address(text) or "${{" in text or text in self.topology.endpoints:
            return False
        if text == AUTO and address.path[4:5] == ("bind",):
            return False
        self.unknown.append(address)
        return True

    def _is_broken(self, site: Site) -> bool:
        if site.endpoint is not None and site.endpoint.name in self.broken_names:
            return True
        problem = next((spot for spot in site.spots if isinstance(spot, EndpointProblem)), None)
        if problem is None:
            return False
        self.broken.append(Broken(problem=problem, site=site, endpoint=None))
        return True

    def _meet(
        self,
        bind: Site,
        address: Address,
        connector: Socket,
        per_binder: int,
        per_connector: int,
        connect: Site | None = None,
        *,
        certain: bool = True,
    ) -> None:
        link = Link(
            address=bind.text,
            binder=bind.socket,
            connector=connector,
            binder_span=bind.address.span,
            connector_span=address.span,
        )
        self.meetings.append(
            Meeting(
                link=link,
                per_binder=per_binder,
                per_connector=per_connector,
                bind=bind,
                connect=connect,
                certain=certain,
            )
        )

    def _meet_external(
        self,
        endpoint: Endpoint,
        *,
        span_of: Address,
        binder: Socket | None = None,
        connector: Socket | None = None,
    ) -> None:
        link = Link(
            address=endpoint.address,
            binder=binder,
            connector=connector,
            binder_span=span_of.span if binder else None,
            connector_span=span_of.span if connector else None,
            endpoint=endpoint,
        )
        self.meetings.append(Meeting(link=link, per_binder=1, per_connector=1, bind=None, connect=None))


def _is_wildcard_connect(parsed: ParsedEndpoint) -> bool:
    if parsed.is_wildcard:
        return True
    return parsed.host_kind is HostKind.WILDCARD and parsed.host == "*"


def _by_socket(meetings: list[Meeting]) -> Mapping[str, tuple[Meeting, ...]]:
    found: dict[str, list[Meeting]] = {}
    for meeting in meetings:
        ends = [end for end in (meeting.link.binder, meeting.link.connector) if end is not None]
        for ref in dict.fromkeys(end.ref for end in ends):
            found.setdefault(ref, []).append(meeting)
    return {ref: tuple(held) for ref, held in found.items()}
