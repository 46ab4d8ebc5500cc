"""Which words are offered, from the text alone."""

from __future__ import annotations

import pytest

from orchestrator.lsp.completion import complete
from orchestrator.model.load import load

TEXT = """\
version: 1
name: t
messages:
  Tick: {codec: json}
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB}
nodes:
  feed:
    command: x
    sockets:
      ticks: {type: PUB, bind: auto, message: Tick}
      jobs: {type: PUSH, bind: auto}
  own:
    command: x
    sockets:
      mine: {type: REP, bind: auto}
"""
TOPOLOGY = load("t.yaml", text=TEXT).topology


def offered(written: str, node: str = "  own:\n    command: x\n") -> list[str]:
    """The best words first, where `|` stands in what is written below a node."""
    text = TEXT.replace("  own:\n    command: x\n", node + written, 1)
    head, _, tail = text.partition("|")
    lines = (head + tail).split("\n")
    line = head.count("\n")
    found = complete(TOPOLOGY, lines, line, len(head) - head.rfind("\n") - 1)
    return [c.text for c in sorted(found, key=lambda c: (c.rank, c.text))]


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("    sockets:\n      in: {type: SUB, connect: |\n", "feed.ticks"),
        ("    sockets:\n      in: {type: PULL, connect: fe|\n", "feed.jobs"),
        ("    sockets:\n      in: {type: PULL, connect: [feed.jobs, |]}\n", "feed.jobs"),
        ("    sockets:\n      in:\n        type: PULL\n        connect: |\n", "feed.jobs"),
        ("    sockets:\n      in:\n        connect:\n          - |\n        type: PULL\n", "feed.jobs"),
        ("    sockets:\n      in:\n        type: PULL\n        connect:\n        - fe|\n", "feed.jobs"),
        ('    sockets:\n      in: {type: SUB, connect: "fe|\n', "feed.ticks"),
        ("    sockets:\n      in: {type: SUB, message: |}\n", "Tick"),
        ("    sockets:\n      in: {type: |}\n", "DEALER"),
        ("    sockets:\n      in: {type: SUB, bind: |}\n", "auto"),
        ("    depends_on: [|]\n", "feed"),
        ("    depends_on:\n      - |\n", "feed"),
        ("    depends_on:\n      |\n", "feed"),
        ("    depends_on: {f|\n", "feed"),
        ("    depends_on: {x: {condition: ready}, |}\n", "feed"),
        ("    kind: |\n", "service"),
        ("    dead_letter: |\n", "mine"),
        ("    sockets:\n      in: {type: REP, security: {allow: [|]}}\n", "feed"),
        ("    sockets:\n      in: {type: REP, codec: |}\n", "arrow"),
        ("    sockets:\n      in: {type: SUB, options: {rcv|}}\n", "affinity"),
    ],
)
def test_the_best_word_comes_first(written: str, first: str) -> None:
    assert offered(written)[:1] == [first]


@pytest.mark.parametrize(
    "written",
    [
        "    sockets:\n      in: {type: SUB, connect: feed.ticks, |\n",
        "    sockets:\n      in: {type: SUB, connect: feed.ticks |\n",
        "    description: see feed |\n",
        "    description: |\n",
        "    |\n",
        "    command: [./x, |]\n",
    ],
)
def test_nothing_is_offered_where_no_name_belongs(written: str) -> None:
    assert offered(written) == []


def test_stock_nodes_are_offered() -> None:
    assert {"forwarder", "queue", "printer"} <= set(offered("    use: |\n"))


def test_a_node_is_not_offered_to_itself() -> None:
    assert "own" not in offered("    depends_on: [|]\n")
    assert "own.mine" not in offered("    sockets:\n      in: {type: REQ, connect: |\n")


def test_types_that_do_not_fit_come_last_but_are_there() -> None:
    words = offered("    sockets:\n      in: {type: SUB, connect: |\n")
    assert words == ["feed.ticks", "exchange", "feed.jobs"]


def test_expressions_offer_own_sockets_first() -> None:
    words = offered('    command: [x, "${{ |')
    assert words[0] == "node.name"
    assert words.index("sockets.mine.address") < words.index("nodes.feed.sockets.ticks.address")


def test_an_escaped_expression_is_none() -> None:
    assert offered('    command: [x, "$${{ |') == []


def test_how_much_is_replaced() -> None:
    lines = ["nodes:", "  a:", "    sockets:", "      s: {type: SUB, connect: feed.ti"]
    assert {c.typed for c in complete(TOPOLOGY, lines, 3, len(lines[3]))} == {len("feed.ti")}


def test_without_a_topology_the_words_of_the_language_are_there() -> None:
    found = complete(None, ["nodes:", "  a:", "    sockets:", "      s: {type: "], 3, 16)
    assert "ROUTER" in {c.text for c in found}
