"""GraphML, as yEd, igraph and networkx read it (http://graphml.graphdrawing.org/specification.html)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement

from orchestrator.export.xml import Scalar, document, text, types

if TYPE_CHECKING:
    from orchestrator.graph.plain import PlainGraph

_NAMESPACE: Final = "http://graphml.graphdrawing.org/xmlns"


def to_graphml(graph: PlainGraph) -> str:
    """The graph as a GraphML document. An edge's id is its number in the file."""
    root = Element("graphml", {"xmlns": _NAMESPACE})
    about = {"name": graph.name, **({"description": graph.description} if graph.description else {})}
    of_graph = _keys(root, "graph", [about])
    of_nodes = _keys(root, "node", [vertex.attributes for vertex in graph.vertices])
    of_edges = _keys(root, "edge", [edge.attributes for edge in graph.edges])
    body = SubElement(root, "graph", {"id": graph.name, "edgedefault": "directed"})
    _data(body, about, of_graph)
    for vertex in graph.vertices:
        _data(SubElement(body, "node", {"id": vertex.id}), vertex.attributes, of_nodes)
    for number, edge in enumerate(graph.edges):
        ends = {"id": f"e{number}", "source": edge.source, "target": edge.target}
        _data(SubElement(body, "edge", ends), edge.attributes, of_edges)
    return document(root)


def _keys(root: Element, kind: str, all_attributes: Iterable[Mapping[str, Scalar]]) -> dict[str, str]:
    """Declare the attributes of one kind of element; their names -> the ids of their declarations."""
    ids: dict[str, str] = {}
    for name, type_name in types(all_attributes).items():
        ids[name] = f"{kind}_{name}"
        SubElement(root, "key", {"id": ids[name], "for": kind, "attr.name": name, "attr.type": type_name})
    return ids


def _data(element: Element, attributes: Mapping[str, Scalar], ids: Mapping[str, str]) -> None:
    for name, value in attributes.items():
        SubElement(element, "data", {"key": ids[name]}).text = text(value)
