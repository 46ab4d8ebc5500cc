"""From links to the edges of a picture: which way they point, and which of them are one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.model.types import Address, Endpoint, Link, Socket, Topology
from orchestrator.render import wording
from orchestrator.render.families import direction, family_of_link
from orchestrator.render.picture import Edge, End
from orchestrator.render.tooltips import link_tooltip, stray_tooltip
from orchestrator.vocabulary import SocketType


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A connection that ends nowhere: no node binds the address, and no external endpoint has it."""

    socket: Socket
    address: Address


def endpoint_id(endpoint: Endpoint) -> str:
    """The id of an external in the picture; nodes' names hold no blank, so that the two never meet."""
    return f"endpoint {endpoint.name}"


def stray_id(text: str) -> str:
    """The id of the shape that stands for an address nobody binds."""
    return f"address {text}"


def find_strays(topology: Topology, links: Sequence[Link]) -> tuple[Stray, ...]:
    """The entries of `connect` that no link came of.

    In a topology that was built in code all places are the same: there a socket counts only if it has no
    link.
    """
    linked = {(link.connector.ref, link.connector_span) for link in links if link.connector}
    return tuple(
        Stray(socket=socket, address=address)
        for socket in topology.sockets()
        for address in socket.connects
        if (socket.ref, address.span) not in linked
    )


def draw_edges(topology: Topology, links: Sequence[Link], lost: Sequence[Stray]) -> tuple[Edge, ...]:
    """One edge for each pair of sockets that meet, however many addresses they meet at."""
    pairs: dict[tuple[End, End], list[Link]] = {}
    for link in links:
        tail, head = _ends(link)
        # Two sockets that both bind and connect to one another are still one pair.
        key = (head, tail) if (head, tail) in pairs else (tail, head)
        pairs.setdefault(key, []).append(link)
    edges = [_edge(tail, head, met, topology) for (tail, head), met in pairs.items()]
    return (*edges, *(_stray_edge(stray, topology) for stray in lost))


def _ends(link: Link) -> tuple[End, End]:
    connector, binder = _end(link.connector, link.endpoint), _end(link.binder, link.endpoint)
    forth, _ = direction(*_types(link))
    return (connector, binder) if forth else (binder, connector)


def _types(link: Link) -> tuple[SocketType | None, SocketType | None]:
    outside = link.endpoint.type if link.endpoint else None
    return (
        link.connector.type if link.connector else outside,
        link.binder.type if link.binder else outside,
    )


def _end(socket: Socket | None, endpoint: Endpoint | None) -> End:
    if socket is not None:
        return End(id=socket.node, port=socket.name)
    if endpoint is None:
        raise ValueError("a link has neither a socket nor an endpoint at one of its ends")
    return End(id=endpoint_id(endpoint))


def _edge(tail: End, head: End, links: Sequence[Link], topology: Topology) -> Edge:
    link = links[0]
    connector, binder = _types(link)
    known, other = (connector, binder) if connector else (binder, connector)
    if known is None:
        raise ValueError("a link has no socket")
    ends = [socket for socket in (link.connector, link.binder) if socket]
    return Edge(
        tail=tail,
        head=head,
        family=family_of_link(known, other),
        arrows=direction(connector, binder)[1],
        payload=_payload(ends, topology),
        topics=_topics(ends),
        tooltip=link_tooltip(links, topology),
    )


def _stray_edge(stray: Stray, topology: Topology) -> Edge:
    socket = stray.socket
    here, there = End(id=socket.node, port=socket.name), End(id=stray_id(stray.address.text))
    forth, arrows = direction(socket.type, None)
    return Edge(
        tail=here if forth else there,
        head=there if forth else here,
        family=family_of_link(socket.type, None),
        arrows=arrows,
        payload=_payload([socket], topology),
        topics=_topics([socket]),
        tooltip=stray_tooltip(stray.address.text),
    )


def _payload(ends: Sequence[Socket], topology: Topology) -> str | None:
    """What both ends say travels; where they disagree, both words."""
    said = dict.fromkeys(
        wording.payload(s.message, s.codec, topology.messages.get(s.message or ""))
        for s in ends
        if s.message or s.codec
    )
    return " / ".join(word for word in said if word) or None


def _topics(ends: Sequence[Socket]) -> str | None:
    publisher = next((s for s in ends if s.topics is not None), None)
    subscriber = next((s for s in ends if s.subscribe is not None), None)
    return wording.topics(publisher, subscriber)
