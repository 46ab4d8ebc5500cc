"""The graph as plain values, for those who know neither networkx nor this package's types.

docs/reference/graph.md lists the attributes. A new attribute may come; none changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.model.types import Endpoint, ForeignProgram, Link, Node, PythonProgram, Topology

if TYPE_CHECKING:
    from orchestrator.graph.build import Graph

Scalar: TypeAlias = str | int | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainVertex:
    """A node, or an endpoint outside. `id` is a node's name, or `endpoint:NAME`."""

    id: str
    attributes: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainEdge:
    """One way in which messages flow by a link. `key` tells edges with the same ends apart, from 0."""

    source: str
    target: str
    key: int
    attributes: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainGraph:
    """A directed graph with parallel edges, in the order of the file."""

    name: str
    description: str
    vertices: tuple[PlainVertex, ...]
    edges: tuple[PlainEdge, ...]


def plain(graph: Graph, topology: Topology) -> PlainGraph:
    """The graph that `from_topology` made of `topology`. Attributes without a value are left out."""
    return PlainGraph(
        name=topology.name,
        description=topology.description or "",
        vertices=tuple(
            PlainVertex(
                id=vertex,
                attributes=_node(data["node"]) if data["kind"] == "node" else _endpoint(data["endpoint"]),
            )
            for vertex, data in graph.nodes(data=True)
        ),
        edges=tuple(
            PlainEdge(source=source, target=target, key=key, attributes=_edge(data, topology))
            for source, target, key, data in graph.edges(keys=True, data=True)
        ),
    )


def _node(node: Node) -> dict[str, Scalar]:
    program = node.program
    if isinstance(program, ForeignProgram):
        sort, runs = "foreign", program.argv[0]
    elif isinstance(program, PythonProgram):
        sort, runs = "python", program.target
    else:
        sort, runs = "stock", program.name
    return _present(
        kind="node",
        program=sort,
        runs=runs,
        role=node.kind.value,
        replicas=node.replicas,
        expendable=node.expendable,
        process=node.process,
        profiles=", ".join(node.profiles),
        description=node.description,
        place=str(node.span),
    )


def _endpoint(endpoint: Endpoint) -> dict[str, Scalar]:
    return _present(
        kind="endpoint",
        name=endpoint.name,
        address=endpoint.address,
        type=None if endpoint.type is None else endpoint.type.value,
        description=endpoint.description,
        place=str(endpoint.span),
    )


def _edge(data: Mapping[str, object], topology: Topology) -> dict[str, Scalar]:
    link = data["link"]
    assert isinstance(link, Link)
    source, target = (link.binder, link.connector) if data["forth"] else (link.connector, link.binder)
    outside = link.endpoint.type if link.endpoint is not None else None
    source_type = outside if source is None else source.type
    target_type = outside if target is None else target.type
    end = source or target
    message = None if end is None or end.message is None else topology.messages.get(end.message)
    codec = end.codec if message is None and end is not None else message.codec if message else None
    return _present(
        pattern=str(data["pattern"]),
        source_socket=None if source is None else source.name,
        source_type=None if source_type is None else source_type.value,
        target_socket=None if target is None else target.name,
        target_type=None if target_type is None else target_type.value,
        address=link.address,
        binder="source" if data["forth"] else "target",
        message=None if end is None else end.message,
        codec=None if codec is None else str(codec),
        place=str(link.connector_span or link.binder_span),
    )


def _present(**values: Scalar | None) -> dict[str, Scalar]:
    return {key: value for key, value in values.items() if value is not None and value != ""}
