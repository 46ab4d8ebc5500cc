"""The topology as a networkx graph, and questions to it. The only home of networkx, loaded when needed."""

from __future__ import annotations

from orchestrator.graph.build import from_topology
from orchestrator.graph.circles import request_circles
from orchestrator.graph.plain import PlainEdge, PlainGraph, PlainVertex, plain
from orchestrator.graph.queries import components, dead_ends, unreachable
from orchestrator.graph.stats import Fan, Stats, stats

__all__ = [
    "Fan",
    "PlainEdge",
    "PlainGraph",
    "PlainVertex",
    "Stats",
    "components",
    "dead_ends",
    "from_topology",
    "plain",
    "request_circles",
    "stats",
    "unreachable",
]
