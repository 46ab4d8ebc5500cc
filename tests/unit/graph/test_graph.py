"""The networkx graph, and what is asked of it."""

from __future__ import annotations

import subprocess
import sys

import networkx
import pytest

from orchestrator.graph import components, dead_ends, from_topology, request_circles, unreachable
from orchestrator.model.links import links
from orchestrator.model.load import load
from orchestrator.model.types import Topology
from orchestrator.transport.compatibility import Pattern


def topology(text: str) -> Topology:
    loaded = load("test.yaml", text=f"version: 1\nname: test\n{text}", environ={})
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def askers(*asks: str, options: str = "") -> Topology:
    """`a>b` makes a REQ of a that asks a REP of b. `options` goes to the REQ of the first one."""
    names = sorted({name for ask in asks for name in ask.split(">")})
    text = "nodes:\n"
    for name in names:
        text += f"  {name}:\n    command: ./x\n    sockets:\n      rep: {{type: REP, bind: auto}}\n"
        for number, ask in enumerate(asks):
            asking, asked = ask.split(">")
            if asking == name:
                extra = f", options: {{{options}}}" if options and number == 0 else ""
                text += f"      req{number}: {{type: REQ, connect: {asked}.rep{extra}}}\n"
    return topology(text)


def circles(top: Topology) -> list[set[str]]:
    return [{link.connector.node for link in c if link.connector} for c in request_circles(top, links(top))]


PIPELINE = """
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB, external: true}
nodes:
  feed:
    command: ./x
    sockets:
      raw: {type: SUB, connect: exchange, subscribe: [""]}
      a: {type: PUSH, bind: "tcp://*:5555"}
      b: {type: PUSH, bind: "tcp://*:5556"}
  sink:
    command: ./x
    sockets:
      a: {type: PULL, connect: feed.a}
      b: {type: PULL, connect: feed.b}
  asker:
    command: ./x
    sockets:
      q: {type: REQ, connect: answerer.q}
  answerer:
    command: ./x
    sockets:
      q: {type: REP, bind: "tcp://*:5557"}
  alone:
    command: ./x
"""


def test_edges_point_the_way_data_flows() -> None:
    graph = from_topology(topology(PIPELINE))
    assert isinstance(graph, networkx.MultiDiGraph)
    assert sorted(graph.edges()) == [
        ("answerer", "asker"),
        ("asker", "answerer"),
        ("endpoint:exchange", "feed"),
        ("feed", "sink"),
        ("feed", "sink"),
    ]


def test_edges_and_vertices_know_what_they_stand_for() -> None:
    graph = from_topology(topology(PIPELINE))
    first = graph.edges["feed", "sink", 0]
    assert first["pattern"] is Pattern.PIPELINE
    assert first["link"].binder.ref == "feed.a"
    assert graph.nodes["feed"]["node"].name == "feed"
    assert graph.nodes["endpoint:exchange"]["kind"] == "endpoint"


def test_queries() -> None:
    graph = from_topology(topology(PIPELINE))
    assert components(graph) == (
        frozenset({"endpoint:exchange", "feed", "sink"}),
        frozenset({"answerer", "asker"}),
        frozenset({"alone"}),
    )
    assert dead_ends(graph) == ("sink",)
    assert unreachable(graph) == ("alone",)


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (("a>b",), []),
        (("a>b", "b>c", "a>c"), []),
        (("a>b", "b>a"), [{"a", "b"}]),
        (("a>b", "b>c", "c>a"), [{"a", "b", "c"}]),
        (("a>b", "b>c", "c>a", "c>d", "d>e"), [{"a", "b", "c"}]),
        (("a>b", "b>a", "c>d", "d>c", "e>a"), [{"a", "b"}, {"c", "d"}]),
        (("a>b", "b>c", "c>d", "d>a", "c>b"), [{"b", "c"}]),
        (("a>a",), []),
    ],
)
def test_circles_of_requests(asks: tuple[str, ...], expected: list[set[str]]) -> None:
    assert circles(askers(*asks)) == expected


def test_the_links_of_a_circle_follow_each_other() -> None:
    top = askers("a>b", "b>c", "c>a")
    (circle,) = request_circles(top, links(top))
    steps = [(link.connector.node, link.binder.node) for link in circle if link.connector and link.binder]
    assert [asked for _, asked in steps] == [asking for asking, _ in steps[1:] + steps[:1]]


@pytest.mark.parametrize("options", ["rcvtimeo: 100", "req_relaxed: true, req_correlate: true"])
def test_a_request_with_a_limit_breaks_the_circle(options: str) -> None:
    assert circles(askers("a>b", "b>a", options=options)) == []


def test_an_unlimited_timeout_does_not() -> None:
    assert circles(askers("a>b", "b>a", options="rcvtimeo: -1"))


def test_requests_go_on_through_a_stock_queue() -> None:
    top = topology("""
nodes:
  queue:
    use: queue
    sockets:
      frontend: {type: ROUTER, bind: auto}
      backend: {type: DEALER, bind: auto}
  worker:
    command: ./x
    sockets:
      rep: {type: REP, connect: queue.backend}
      req: {type: REQ, connect: queue.frontend}
""")
    found = request_circles(top, links(top))
    assert len(found) == 1


def test_networkx_is_loaded_only_for_circles() -> None:
    code = (
        "import sys\n"
        "import orchestrator.rules.zmq201_request_circle as rule\n"
        "from orchestrator.rules.context import RuleContext\n"
        "from orchestrator.model.load import load\n"
        "text = sys.stdin.read()\n"
        "list(rule.check(RuleContext(load('x', text=text, environ={}).topology)))\n"
        "sys.exit('networkx' in sys.modules)\n"
    )
    text = f"version: 1\nname: test\n{PIPELINE}"
    assert subprocess.run([sys.executable, "-c", code], input=text, text=True, check=False).returncode == 0
