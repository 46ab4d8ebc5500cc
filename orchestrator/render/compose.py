"""From a topology and its links to a Picture. Pure, and everything keeps the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.model.types import Endpoint, ForeignProgram, Link, Node, PythonProgram, Socket, Topology
from orchestrator.render import wording
from orchestrator.render.edges import Stray, draw_edges, endpoint_id, find_strays, stray_id
from orchestrator.render.families import answers, asks, family_of
from orchestrator.render.orient import oriented
from orchestrator.render.picture import (
    Box,
    Change,
    Edge,
    End,
    External,
    Family,
    Flavour,
    Group,
    Legend,
    Picture,
    Port,
    Role,
    Side,
)
from orchestrator.render.tooltips import endpoint_tooltip, node_tooltip, stray_tooltip
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, parse_endpoint
from orchestrator.vocabulary import NodeKind


def compose(topology: Topology, links: Sequence[Link]) -> Picture:
    """The picture of a topology whose links are known. Replicas stay one box, parallel links one edge."""
    lost = find_strays(topology, links)
    externals = (*map(_external, _outside(topology, links)), *_stray_shapes(lost))
    order = (*topology.nodes, *(external.id for external in externals))
    edges = oriented(draw_edges(topology, links, lost), order)
    sides = _sides(edges)
    boxes = tuple(_box(node, topology, sides) for node in topology.nodes.values())
    return Picture(
        title=topology.name,
        description=topology.description,
        boxes=boxes,
        externals=externals,
        groups=_groups(topology.nodes.values()),
        edges=edges,
        legend=legend_of(boxes, externals, edges),
    )


def _sides(edges: Iterable[Edge]) -> Mapping[End, Side]:
    """A port sits where most of its edges leave or arrive, so that few of them cross their own box."""
    leaving: Counter[End] = Counter()
    for edge in edges:
        leaving[edge.tail] += 1
        leaving[edge.head] -= 1
    return {end: Side.RIGHT if count > 0 else Side.LEFT for end, count in leaving.items() if count}


def _box(node: Node, topology: Topology, sides: Mapping[End, Side]) -> Box:
    return Box(
        id=node.name,
        title=wording.cut(node.name, wording.NAME_LENGTH),
        program=wording.cut_end(wording.program_line(node.program), wording.LINE_LENGTH),
        flavour=_flavour(node),
        kind=node.kind,
        ports=tuple(_port(socket, node, topology, sides) for socket in node.sockets.values()),
        tooltip=node_tooltip(node),
        span=node.span,
        replicas=node.replicas,
        labels=node.labels,
        process=node.process,
        host=_host(node, topology),
    )


def _flavour(node: Node) -> Flavour:
    if isinstance(node.program, ForeignProgram):
        return Flavour.FOREIGN
    return Flavour.PYTHON if isinstance(node.program, PythonProgram) else Flavour.STOCK


def _port(socket: Socket, node: Node, topology: Topology, sides: Mapping[End, Side]) -> Port:
    addresses = (_address(bind.text, topology) for bind in socket.binds)
    return Port(
        name=socket.name,
        type=socket.type,
        family=family_of(socket.type),
        role=_role(socket),
        side=sides.get(End(id=node.name, port=socket.name), _usual_side(socket)),
        addresses=tuple(wording.short_address(text, node.replicas) for text in addresses),
    )


def _address(text: str, topology: Topology) -> str:
    """The address behind an entry of `bind`, which may be the name of an endpoint."""
    endpoint = topology.endpoints.get(text)
    return endpoint.address if endpoint else text


def _role(socket: Socket) -> Role:
    if socket.binds:
        return Role.BOTH if socket.connects else Role.BINDS
    return Role.CONNECTS if socket.connects else Role.NEITHER


def _usual_side(socket: Socket) -> Side:
    """The side of a socket without links: what sends or asks leaves at the right."""
    if socket.type.sends != socket.type.receives:
        return Side.RIGHT if socket.type.sends else Side.LEFT
    if asks(socket.type) or answers(socket.type):
        return Side.RIGHT if asks(socket.type) else Side.LEFT
    return Side.RIGHT if socket.connects else Side.LEFT


def _outside(topology: Topology, links: Iterable[Link]) -> Iterable[Endpoint]:
    """External endpoints, met or not, and whatever else a link names as its outer end."""
    met = {link.endpoint.name for link in links if link.endpoint}
    return (e for e in topology.endpoints.values() if e.external or e.name in met)


def _external(endpoint: Endpoint) -> External:
    return External(
        id=endpoint_id(endpoint),
        title=wording.cut(endpoint.name, wording.NAME_LENGTH),
        address=wording.short_address(endpoint.address),
        tooltip=endpoint_tooltip(endpoint),
        type=endpoint.type,
        span=endpoint.span,
    )


def _stray_shapes(lost: Iterable[Stray]) -> Iterable[External]:
    for text in dict.fromkeys(stray.address.text for stray in lost):
        short = wording.short_address(text)
        yield External(
            id=stray_id(text),
            title=short,
            address="nobody binds it here",
            tooltip=stray_tooltip(text),
            declared=False,
        )


def _groups(nodes: Iterable[Node]) -> tuple[Group, ...]:
    members: dict[str, list[str]] = {}
    for node in nodes:
        if node.process is not None:
            members.setdefault(node.process, []).append(node.name)
    return tuple(
        Group(id=word, title=f"process {wording.cut(word, wording.NAME_LENGTH)}", members=tuple(names))
        for word, names in members.items()
    )


def _host(node: Node, topology: Topology) -> str | None:
    """The host of the first address it binds that names one."""
    for socket in node.sockets.values():
        for bind in socket.binds:
            parsed = parse_endpoint(_address(bind.text, topology))
            if isinstance(parsed, ParsedEndpoint) and parsed.host and parsed.host_kind in _PLACES:
                return parsed.host
    return None


_PLACES = frozenset({HostKind.IPV4, HostKind.IPV6, HostKind.NAME})


def legend_of(boxes: Sequence[Box], externals: Sequence[External], edges: Sequence[Edge]) -> Legend:
    """What of all that a picture can show occurs in these."""
    ports = [port for box in boxes for port in box.ports]
    families = {port.family for port in ports} | {edge.family for edge in edges}
    roles = {port.role for port in ports}
    flavours = {box.flavour for box in boxes}
    changes = {b.change for b in boxes} | {e.change for e in externals} | {e.change for e in edges}
    return Legend(
        families=tuple(f for f in Family if f in families),
        roles=tuple(r for r in Role if r in roles),
        flavours=tuple(f for f in Flavour if f in flavours),
        tasks=any(box.kind is NodeKind.TASK for box in boxes),
        replicas=any(box.replicas > 1 for box in boxes),
        externals=any(e.declared for e in externals),
        strays=any(not e.declared for e in externals),
        marks=any(box.marks for box in boxes),
        changes=tuple(c for c in Change if c in changes),
    )
