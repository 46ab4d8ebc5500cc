"""networkx's node-link JSON: `networkx.node_link_graph(data, edges="edges")` reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from orchestrator.graph.plain import PlainGraph

VERSION: Final = 1
"""Grows when something that is there today changes or goes."""


def to_node_link(graph: PlainGraph) -> str:
    """The graph as JSON text. `nodes` and `edges` hold what docs/reference/graph.md lists."""
    about = {"name": graph.name, "description": graph.description, "version": VERSION}
    data = {
        "directed": True,
        "multigraph": True,
        "graph": {key: value for key, value in about.items() if value != ""},
        "nodes": [{"id": vertex.id, **vertex.attributes} for vertex in graph.vertices],
        "edges": [
            {"source": edge.source, "target": edge.target, "key": edge.key, **edge.attributes}
            for edge in graph.edges
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
