"""A graph in numbers: what hangs together, how deep it is, what it all depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from orchestrator.graph.queries import components

if TYPE_CHECKING:
    import networkx

    from orchestrator.graph.build import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """How many other vertices a vertex gets messages from, and how many it sends them to."""

    fan_in: int
    fan_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Vertices are named as in the graph, and come in the order of the file."""

    nodes: int
    instances: int
    """Nodes with every replica counted."""
    endpoints: int
    links: int
    patterns: Mapping[str, int]
    """Pattern -> links."""
    components: tuple[tuple[str, ...], ...]
    """Parts that hang together, the largest first."""
    longest_path: tuple[tuple[str, ...], ...]
    """The longest way that data takes without coming back. A step of several vertices is a circle: data that
    reaches one of them can reach all."""
    articulation_points: tuple[str, ...]
    """Vertices whose loss would cut the part they are in."""
    fans: Mapping[str, Fan]


def stats(graph: Graph) -> Stats:
    """Count it all. Loads networkx."""
    import networkx

    order = {vertex: index for index, vertex in enumerate(graph)}
    simple: networkx.DiGraph[str] = networkx.DiGraph()
    simple.add_nodes_from(graph)
    simple.add_edges_from((source, target) for source, target in graph.edges() if source != target)
    links = {id(data["link"]): str(data["pattern"]) for _, _, data in graph.edges(data=True)}
    nodes = [data["node"] for _, data in graph.nodes(data=True) if data["kind"] == "node"]
    return Stats(
        nodes=len(nodes),
        instances=sum(node.replicas for node in nodes),
        endpoints=len(graph) - len(nodes),
        links=len(links),
        patterns=dict(sorted(Counter(links.values()).items(), key=lambda item: (-item[1], item[0]))),
        components=tuple(tuple(sorted(part, key=order.__getitem__)) for part in components(graph)),
        longest_path=_longest_path(simple, order),
        articulation_points=tuple(
            sorted(networkx.articulation_points(simple.to_undirected()), key=order.__getitem__)
        ),
        fans={v: Fan(fan_in=simple.in_degree(v), fan_out=simple.out_degree(v)) for v in simple},
    )


def _longest_path(simple: networkx.DiGraph[str], order: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """The circles of a graph, each taken as one vertex, leave a graph without circles."""
    import networkx

    steps = networkx.condensation(simple)
    members = {
        step: tuple(sorted(data["members"], key=order.__getitem__)) for step, data in steps.nodes(data=True)
    }
    return tuple(members[step] for step in networkx.dag_longest_path(steps))


def cuts(graph: Graph) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Each articulation point, with the parts that its loss leaves of the part it is in. Loads networkx."""
    import networkx

    order = {vertex: index for index, vertex in enumerate(graph)}

    def place(vertex: str) -> int:
        return order[vertex]

    simple: networkx.Graph[str] = networkx.Graph()
    simple.add_edges_from((source, target) for source, target in graph.edges() if source != target)
    # the stub says lists of sets; it yields sets
    blocks = cast("list[set[str]]", list(networkx.biconnected_components(simple)))
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for vertex in sorted(networkx.articulation_points(simple), key=place):
        parts = [tuple(sorted(block - {vertex}, key=place)) for block in blocks if vertex in block]
        found[vertex] = tuple(sorted(parts, key=lambda part: order[part[0]]))
    return found
