"""Graphs in the formats of other tools: networkx reads back what was written."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import networkx
import pytest

from orchestrator.export.graphs import FORMATS, format_of_file
from orchestrator.graph import PlainGraph, from_topology, plain
from orchestrator.model.load import load

ROOT = Path(__file__).parents[3]
FILES = [
    *sorted((ROOT / "topologies").glob("*.yaml")),
    *sorted((ROOT / "tests/cases/real").glob("*.yaml")),
]

RICH = r"""
version: 1
name: rich
description: "a <b> & \"c\"\nsecond line \x01 end\\"
endpoints: {out: {address: "tcp://10.0.0.1:5", type: PUB, external: true, description: 'says "hi"'}}
messages: {Tick: {codec: msgpack}}
nodes:
  a:
    command: [prog, --password, hunter2]
    process_: x
    replicas: 2
    expendable: true
    profiles: [p, q]
    description: 'a \" and \" ends in \'
    sockets:
      one: {type: PUSH, bind: "tcp://*:5000", message: Tick}
      two: {type: PUSH, connect: b.two, codec: json}
      loop: {type: PAIR, bind: "inproc://x"}
  b:
    run: m:B
    kind: task
    sockets:
      one: {type: PULL, connect: a.one}
      two: {type: PULL, bind: auto}
      ask: {type: DEALER, connect: a.ask}
      raw: {type: SUB, connect: out, subscribe: ""}
  c: {use: forwarder}
""".replace("    process_: x\n", "").replace(
    "      loop:", '      ask: {type: ROUTER, bind: "tcp://*:6000"}\n      loop:'
)


def graph_of(text: str) -> PlainGraph:
    found = load("t.yaml", text=text, environ={})
    assert found.topology is not None, found.diagnostics
    return plain(from_topology(found.topology), found.topology)


def facts(graph: PlainGraph) -> Any:
    """What every format must hold."""
    vertices = {vertex.id: dict(vertex.attributes) for vertex in graph.vertices}
    edges = [(edge.source, edge.target, dict(edge.attributes)) for edge in graph.edges]
    return vertices, edges


def facts_of(graph: Any, ignored: tuple[str, ...] = ()) -> Any:
    """The same of what networkx has read."""
    vertices = {v: _without(data, ignored) for v, data in graph.nodes(data=True)}
    edges = [(s, t, _without(data, ignored)) for s, t, data in graph.edges(data=True)]
    return vertices, edges


def _without(data: Mapping[str, Any], ignored: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in ignored}


def cleaned(value: Any) -> Any:
    """What XML cannot hold is replaced there."""
    if isinstance(value, str):
        return value.replace("\x01", "\ufffd")
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    return type(value)(map(cleaned, value)) if isinstance(value, list | tuple) else value


TEXTS = [pytest.param(file.read_text(), id=file.stem) for file in FILES] + [pytest.param(RICH, id="rich")]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", TEXTS)
def test_node_link_json(text: str) -> None:
    graph = graph_of(text)
    read = networkx.node_link_graph(json.loads(FORMATS["json"](graph)), edges="edges")
    assert isinstance(read, networkx.MultiDiGraph)
    assert facts_of(read) == facts(graph)
    assert [key for _, _, key in read.edges(keys=True)] == [edge.key for edge in graph.edges]
    assert read.graph["name"] == graph.name
    assert read.graph["version"] == 1


@pytest.mark.parametrize("text", TEXTS)
def test_graphml(text: str) -> None:
    graph = graph_of(text)
    read = networkx.parse_graphml(FORMATS["graphml"](graph), force_multigraph=True)
    assert sorted(map(repr, facts_of(read)[1])) == sorted(map(repr, cleaned(facts(graph))[1]))
    assert facts_of(read)[0] == cleaned(facts(graph))[0]
    assert read.is_directed()


@pytest.mark.parametrize("text", TEXTS)
def test_gexf(text: str) -> None:
    graph = graph_of(text)
    written = io.BytesIO(FORMATS["gexf"](graph).encode())
    read = networkx.read_gexf(written, version="1.3")
    vertices, edges = facts_of(read, ("label", "id"))
    assert vertices == cleaned(facts(graph))[0]
    assert sorted(map(repr, edges)) == sorted(map(repr, cleaned(facts(graph))[1]))


@pytest.mark.skipif(find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
@pytest.mark.parametrize("text", TEXTS)
def test_dot(text: str, tmp_path: Path) -> None:
    graph = graph_of(text)
    file = tmp_path / "g.dot"
    file.write_text(FORMATS["dot"](graph), encoding="utf-8")
    read = networkx.nx_agraph.read_dot(file)
    assert list(read.nodes) == [vertex.id for vertex in graph.vertices]
    assert sorted((s, t) for s, t in read.edges()) == sorted((e.source, e.target) for e in graph.edges)
    places = {data["place"] for _, _, data in read.edges(data=True)}
    assert places == {edge.attributes["place"] for edge in graph.edges}


def test_the_attributes_are_those_of_the_page() -> None:
    page = (ROOT / "docs/reference/graph.md").read_text()
    graph = graph_of(RICH)
    for attributes in (*(v.attributes for v in graph.vertices), *(e.attributes for e in graph.edges)):
        assert all(f"| `{name}` |" in page for name in attributes)
    assert "hunter2" not in "".join(write(graph) for write in FORMATS.values())


def test_an_edge_says_who_binds_whatever_its_way() -> None:
    graph = graph_of(RICH)
    told = {
        (e.source, e.attributes.get("source_socket"), e.target, e.attributes.get("target_socket")): (
            e.attributes["binder"],
            e.attributes.get("source_type"),
            e.attributes.get("codec"),
        )
        for e in graph.edges
    }
    assert told == {
        ("a", "one", "b", "one"): ("source", "PUSH", "msgpack"),
        ("a", "two", "b", "two"): ("target", "PUSH", "json"),
        ("a", "ask", "b", "ask"): ("source", "ROUTER", None),
        ("b", "ask", "a", "ask"): ("target", "DEALER", None),
        ("endpoint:out", None, "b", "raw"): ("source", "PUB", None),
    }


def test_xml_is_well_formed_whatever_is_in_it() -> None:
    for name in ("graphml", "gexf"):
        ElementTree.fromstring(FORMATS[name](graph_of(RICH)))


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.graphml", "graphml"), ("b/a.GEXF", "gexf"), ("a.gv", "dot"), ("a.json", "json"), ("a.svg", None)],
)
def test_the_format_of_a_file(path: str, name: str | None) -> None:
    assert format_of_file(path) == name
