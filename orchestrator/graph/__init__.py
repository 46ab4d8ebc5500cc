"""The topology as a networkx graph, and questions to it. The only home of networkx, loaded when needed."""

from __future__ import annotations

from orchestrator.graph.build import from_topology
from orchestrator.graph.circles import request_circles
from orchestrator.graph.queries import components, dead_ends, unreachable

__all__ = ["components", "dead_ends", "from_topology", "request_circles", "unreachable"]
