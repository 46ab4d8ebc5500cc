"""Questions to the graph of `from_topology`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.graph.build import Graph


def components(graph: Graph) -> tuple[frozenset[str], ...]:
    """The parts that hang together, the largest first; vertices of equal parts in order of their names."""
    import networkx

    found = [frozenset(part) for part in networkx.weakly_connected_components(graph)]
    return tuple(sorted(found, key=lambda part: (-len(part), min(part))))


def dead_ends(graph: Graph) -> tuple[str, ...]:
    """Nodes that data reaches and never leaves: sinks, in the order of the file."""
    return tuple(v for v in graph if graph.in_degree(v) and not graph.out_degree(v))


def unreachable(graph: Graph) -> tuple[str, ...]:
    """Vertices that no data reaches, and from which none comes, in the order of the file."""
    return tuple(v for v in graph if not graph.degree(v))
