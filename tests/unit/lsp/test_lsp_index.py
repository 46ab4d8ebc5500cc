"""Where names stand, in every way that the language has of writing them."""

from __future__ import annotations

import pytest

from orchestrator.lsp.index import build
from orchestrator.lsp.names import Kind, Name
from orchestrator.model.load import load
from orchestrator.span import split_lines

TEXT = """\
version: 1
name: t
messages:
  Tick: {codec: json}
endpoints:
  exchange: {address: "tcp://10.0.0.5:9000", type: PUB, external: true}
nodes:
  feed:
    command: [./feed, "${{ sockets.out.port }}", "$${{ sockets.out.port }}"]
    ready: {tcp: out}
    health: {tcp: [ out ], interval: 5s}
    sockets:
      out: {type: PUB, bind: "tcp://127.0.0.1:5555", message: Tick}
      raw: {type: SUB, connect: 'exchange', subscribe: [""]}
  reader:
    command: ./reader ${{ nodes.feed.sockets.out.host }}:${{ nodes.feed.sockets.out.port }}
    depends_on:
      feed: {condition: ready}
    sockets:
      in:
        type: SUB
        connect:
          - feed.out
        subscribe: [""]
        message: "Tick"
"""


@pytest.fixture(scope="module")
def index():
    loaded = load("t.yaml", text=TEXT)
    assert loaded.topology is not None, loaded.diagnostics
    return build(loaded.topology, loaded.sources)


def lines_of(index, name: Name) -> list[tuple[int, str]]:
    lines = split_lines(TEXT)
    return sorted(
        (use.span.line, lines[use.span.line - 1][use.span.column - 1 : use.span.end_column - 1])
        for use in index.of_name(name)
    )


@pytest.mark.parametrize(
    ("name", "places"),
    [
        (Name(Kind.NODE, "feed"), [8, 16, 16, 18, 23]),
        (Name(Kind.NODE, "reader"), [15]),
        (Name(Kind.SOCKET, "out", "feed"), [9, 10, 11, 13, 16, 16, 23]),
        (Name(Kind.SOCKET, "in", "reader"), [20]),
        (Name(Kind.MESSAGE, "Tick"), [4, 13, 25]),
        (Name(Kind.ENDPOINT, "exchange"), [6, 14]),
    ],
)
def test_every_place_of_a_name(index, name: Name, places: list[int]) -> None:
    assert lines_of(index, name) == [(line, name.text) for line in places]


def test_each_name_has_one_definition(index) -> None:
    names = {use.name for use in index.uses}
    assert len(names) == 7
    for name in names:
        assert len([use for use in index.of_name(name) if use.defines]) == 1


def test_a_cursor_behind_a_word_still_means_it(index) -> None:
    column = TEXT.split("\n")[22].index("feed.out") + 1
    assert index.at("t.yaml", 23, column + 3).name == Name(Kind.NODE, "feed")
    assert index.at("t.yaml", 23, column + 5).name == Name(Kind.SOCKET, "out", "feed")
    assert index.at("t.yaml", 23, column + 8).name == Name(Kind.SOCKET, "out", "feed")
    assert index.at("t.yaml", 23, column + 9) is None
    assert index.at("t.yaml", 1, 1) is None


def test_the_block_of_a_node_reaches_to_its_last_line(index) -> None:
    assert index.node_at("t.yaml", 8) == "feed"
    assert index.node_at("t.yaml", 14) == "feed"
    assert index.node_at("t.yaml", 15) == "reader"
    assert index.node_at("t.yaml", 7) is None


def test_names_in_the_keys_of_the_data_path() -> None:
    text = """\
version: 1
name: t
nodes:
  a:
    run: m:A
    dead_letter: bad
    sockets:
      bad: {type: PUSH, bind: auto, security: {allow: ["b", stranger]}}
  b: {run: m:B}
"""
    loaded = load("t.yaml", text=text)
    assert loaded.topology is not None, loaded.diagnostics
    found = build(loaded.topology, loaded.sources)
    assert [use.span.line for use in found.of_name(Name(Kind.SOCKET, "bad", "a"))] == [8, 6]
    (defined, used) = found.of_name(Name(Kind.NODE, "b"))
    assert (defined.span.line, used.span.line, used.span.column) == (9, 8, 57)
