"""From a topology and its links to a graph whose edges point the way data flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from orchestrator.model.links import links as links_of
from orchestrator.model.types import Endpoint, Link, Topology
from orchestrator.transport.compatibility import PATTERN_OF, Flow, flow
from orchestrator.vocabulary import SocketType

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx

    Graph: TypeAlias = networkx.MultiDiGraph[str]


def from_topology(topology: Topology, links: Iterable[Link] | None = None) -> Graph:
    """A `networkx.MultiDiGraph` of nodes and external endpoints.

    Vertices are the names of nodes (attributes `kind="node"`, `node`) and `endpoint:NAME` (`kind="endpoint"`,
    `endpoint`). Every link gives an edge in each direction in which messages flow, so a request-reply link
    gives two; parallel links stay apart. Edge attributes: `link`, `pattern`, `address`, `message`, and
    `forth`: whether it leads from the binder to the connector.
    `links` saves following the addresses again where that was done already.
    """
    import networkx  # 114 ms: not loaded by those who only read a file

    graph: Graph = networkx.MultiDiGraph(name=topology.name)
    for node in topology.nodes.values():
        graph.add_node(node.name, kind="node", node=node)
    for endpoint in topology.endpoints.values():
        if endpoint.external:
            graph.add_node(vertex_of(endpoint), kind="endpoint", endpoint=endpoint)
    for link in links_of(topology) if links is None else links:
        _add(graph, link)
    return graph


def vertex_of(endpoint: Endpoint) -> str:
    """The vertex of an external endpoint."""
    return f"endpoint:{endpoint.name}"


def ends_of(link: Link) -> tuple[str, str]:
    """The vertices of a link: the binder's, the connector's; an external endpoint takes the empty side."""
    outside = vertex_of(link.endpoint) if link.endpoint is not None else ""
    return (
        link.binder.node if link.binder is not None else outside,
        link.connector.node if link.connector is not None else outside,
    )


def types_of(link: Link) -> tuple[SocketType | None, SocketType | None]:
    """The socket types of a link: the binder's, the connector's; None where an endpoint does not say."""
    outside = link.endpoint.type if link.endpoint is not None else None
    return (
        link.binder.type if link.binder is not None else outside,
        link.connector.type if link.connector is not None else outside,
    )


def flow_of(link: Link) -> Flow:
    """Which way messages travel: `forth` is from the binder to the connector."""
    binder, connector = types_of(link)
    if binder is not None and connector is not None:
        return flow(binder, connector)
    known = binder or connector
    if known is None:
        return Flow(forth=True, back=True)
    return Flow(
        forth=known.sends if known is binder else known.receives,
        back=known.receives if known is binder else known.sends,
    )


def _add(graph: Graph, link: Link) -> None:
    binder, connector = ends_of(link)
    known = next(t for t in (*types_of(link), SocketType.PAIR) if t is not None)
    end = link.binder or link.connector
    attributes = {
        "link": link,
        "pattern": PATTERN_OF[known],
        "address": link.address,
        "message": end.message if end is not None else None,
    }
    way = flow_of(link)
    if way.forth:
        graph.add_edge(binder, connector, forth=True, **attributes)
    if way.back:
        graph.add_edge(connector, binder, forth=False, **attributes)
