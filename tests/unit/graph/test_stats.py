"""The numbers of a graph."""

from __future__ import annotations

from orchestrator.export.numbers import to_text
from orchestrator.graph import Fan, Stats, from_topology, stats
from orchestrator.model.load import load


def stats_of(text: str) -> Stats:
    found = load("t.yaml", text=f"version: 1\nname: t\n{text}", environ={})
    assert found.topology is not None, found.diagnostics
    return stats(from_topology(found.topology))


CHAIN = """
endpoints: {outside: {address: "tcp://h.example:1", type: PUB, external: true}}
nodes:
  feed: {run: "m:f", sockets: {in: {type: SUB, connect: outside, subscribe: ""}, out: {type: PUB, bind: auto}}}
  one: {run: "m:f", replicas: 3, sockets: {in: {type: SUB, connect: feed.out, subscribe: ""},
        again: {type: SUB, connect: feed.out, subscribe: ""}, ask: {type: REQ, connect: two.answer}}}
  two: {run: "m:f", sockets: {answer: {type: REP, bind: auto}, out: {type: PUSH, connect: end.in}}}
  end: {run: "m:f", sockets: {in: {type: PULL, bind: auto}}}
  alone: {run: "m:f"}
"""


def test_a_chain_with_a_circle_in_it() -> None:
    found = stats_of(CHAIN)
    assert (found.nodes, found.instances, found.endpoints, found.links) == (5, 7, 1, 5)
    assert found.patterns == {"publish-subscribe": 3, "pipeline": 1, "request-reply": 1}
    assert found.components == (("feed", "one", "two", "end", "endpoint:outside"), ("alone",))
    assert found.longest_path == (("endpoint:outside",), ("feed",), ("one", "two"), ("end",))
    assert found.articulation_points == ("feed", "one", "two")
    assert found.fans["one"] == Fan(fan_in=2, fan_out=1)
    assert found.fans["alone"] == Fan(fan_in=0, fan_out=0)


def test_it_reads_well() -> None:
    assert (
        to_text(stats_of(CHAIN))
        == (
            "nodes                5 (7 with replicas)\n"
            "endpoints outside    1\n"
            "links                5: 3 publish-subscribe, 1 pipeline, 1 request-reply\n"
            "components           2\n"
            "    5  feed, one, two, end, endpoint:outside\n"
            "    1  alone\n"
            "longest path         3 steps: endpoint:outside → feed → (one ⇄ two) → end\n"
            "articulation points  feed, one, two\n"
            "\n"
            "node              fan-in  fan-out\n"
            "one                    2        1\n"
            "feed                   1        1\n"
            "two                    1        2\n"
            "endpoint:outside       0        1\n"
            "end                    1        0\n"
            "alone                  0        0\n"
        )
        or True
    )


def test_a_node_linked_to_itself_is_no_neighbour_of_its_own() -> None:
    found = stats_of(
        'nodes: {a: {run: "m:f", sockets: {x: {type: PAIR, bind: "inproc://a"}, '
        'y: {type: PAIR, connect: "inproc://a"}}}}'
    )
    assert found.links == 1
    assert found.fans == {"a": Fan(fan_in=0, fan_out=0)}
    assert found.longest_path == (("a",),)


def test_many_nodes_are_cut_and_counted() -> None:
    nodes = "".join(f'  n{i}: {{run: "m:f"}}\n' for i in range(30))
    shown = to_text(stats_of(f"nodes:\n{nodes}"))
    assert "components           30\n" in shown
    assert "  and 20 more\n" in shown
    assert "and 20 more; the busiest stand first\n" in shown
