"""The graph as plain DOT with its attributes, for Graphviz's other programs (`gvpr`, `tred`, `ccomps`).

No picture: that is `orchestrator.render`, which draws sockets and says what everything means.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.graph.plain import PlainGraph, Scalar


def to_dot(graph: PlainGraph) -> str:
    """The graph in the DOT language (https://graphviz.org/doc/info/lang.html)."""
    lines = [f"digraph {_quoted(graph.name)} {{", "  node [shape=box];"]
    for vertex in graph.vertices:
        shape = {"shape": "hexagon"} if vertex.attributes["kind"] == "endpoint" else {}
        lines.append(f"  {_quoted(vertex.id)}{_attributes({**shape, **vertex.attributes})};")
    for edge in graph.edges:
        ends = f"{_quoted(edge.source)} -> {_quoted(edge.target)}"
        lines.append(f"  {ends}{_attributes(edge.attributes)};")
    return "\n".join([*lines, "}"]) + "\n"


def _attributes(attributes: Mapping[str, Scalar]) -> str:
    pairs = ", ".join(f"{name}={_quoted(_text(value))}" for name, value in attributes.items())
    return f" [{pairs}]" if pairs else ""


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    """A DOT string. Graphviz's lexer keeps `\\\\` as two characters, which labels then show as one."""
    escaped = text.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
