"""GEXF 1.3, as Gephi and networkx read it (https://gexf.net)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement

from orchestrator.export.xml import Scalar, document, text, types

if TYPE_CHECKING:
    from orchestrator.graph.plain import PlainGraph

_NAMESPACE: Final = "http://gexf.net/1.3"
_TYPES: Final = {"int": "integer"}
"""Where GEXF's names for types are not GraphML's."""


def to_gexf(graph: PlainGraph) -> str:
    """The graph as a GEXF document. An edge's id is its number in the file."""
    root = Element("gexf", {"xmlns": _NAMESPACE, "version": "1.3"})
    if graph.description:
        SubElement(SubElement(root, "meta"), "description").text = text(graph.description)
    body = SubElement(root, "graph", {"defaultedgetype": "directed", "mode": "static", "name": graph.name})
    of_nodes = _declared(body, "node", [vertex.attributes for vertex in graph.vertices])
    of_edges = _declared(body, "edge", [edge.attributes for edge in graph.edges])
    nodes = SubElement(body, "nodes")
    for vertex in graph.vertices:
        _values(SubElement(nodes, "node", {"id": vertex.id, "label": vertex.id}), vertex.attributes, of_nodes)
    edges = SubElement(body, "edges")
    for number, edge in enumerate(graph.edges):
        ends = {"id": str(number), "source": edge.source, "target": edge.target}
        _values(SubElement(edges, "edge", ends), edge.attributes, of_edges)
    return document(root)


def _declared(body: Element, kind: str, all_attributes: Iterable[Mapping[str, Scalar]]) -> dict[str, str]:
    """Declare the attributes of one kind of element; their names -> the ids of their declarations."""
    ids: dict[str, str] = {}
    declared = SubElement(body, "attributes", {"class": kind, "mode": "static"})
    for name, type_name in types(all_attributes).items():
        ids[name] = str(len(ids))
        wanted = _TYPES.get(type_name, type_name)
        SubElement(declared, "attribute", {"id": ids[name], "title": name, "type": wanted})
    return ids


def _values(element: Element, attributes: Mapping[str, Scalar], ids: Mapping[str, str]) -> None:
    values = SubElement(element, "attvalues")
    for name, value in attributes.items():
        SubElement(values, "attvalue", {"for": ids[name], "value": text(value)})
