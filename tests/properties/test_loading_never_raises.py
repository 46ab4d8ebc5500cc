"""Whatever a user writes becomes findings or a topology, and every finding has a place within its file."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.diagnostics import has_errors
from orchestrator.model.load import Loaded, from_data, load
from orchestrator.source import split_lines

TEXT = """\
version: 1
name: market
x-common: &common [a, b]
messages:
  Tick: {codec: json}
endpoints:
  exchange: {address: "tcp://${HOST:-h}:9000", external: true}
defaults:
  restart: {policy: on-failure, backoff: {initial: 100ms, max: 10s}}
  env: {A: 1}
nodes:
  feed:
    command: ["./feed", "--at=${{ sockets.ticks.address }}", 1.10]
    replicas: 2
    sockets:
      ticks: {type: PUB, bind: "tcp://127.0.0.1:5556", message: Tick, topics: *common}
    ready: {tcp: ticks, timeout: 5s}
    health: {exec: "curl -f 'http://x'", retries: 2}
    stdin: |
      go ${{ run.dir }}
  sink:
    run: market.sink:Sink
    kind: task
    timeout: 1m30s
    params: {deep: [{at: "${{ replica.index }}"}]}
    depends_on: {feed: {condition: ready}}
    sockets:
      ticks: {type: SUB, connect: [feed.ticks, exchange], subscribe: [""]}
    restart: never
    stop: {signal: SIGINT, ok_exit: [143]}
    done: {log: "done \\\\d+"}
"""
SIGNS = [
    "${",
    "}",
    "${{",
    "}}",
    "'",
    '"',
    "[",
    "]",
    "{",
    ": ",
    "- ",
    "\n",
    "\n    ",
    "\t",
    "&a ",
    "*a",
    "*common",
]
MORE = ["!!int ", "!x ", "<<: ", "|", ">", "#", "---\n", "\0", "\x85", "\u2028", "é", "%", "@", "1", "~"]
PIECES = st.sampled_from([*SIGNS, *MORE])


def check(loaded: Loaded) -> None:
    assert (loaded.topology is None) == has_errors(loaded.diagnostics)
    for finding in loaded.diagnostics:
        span = finding.span
        assert finding.message
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        if span.file in loaded.sources:
            text = loaded.sources[span.file]
            lines = split_lines(text)
            assert 1 <= span.line <= len(lines), finding
            assert 1 <= span.column <= len(lines[span.line - 1]) + 2, finding


def test_the_start_is_right() -> None:
    loaded = load("t.yaml", text=TEXT, environ={})
    assert loaded.diagnostics == ()


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), PIECES), min_size=1, max_size=4))
def test_a_file_with_arbitrary_changes(changes: list[tuple[int, int, str]]) -> None:
    text = TEXT
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    check(load("t.yaml", text=text, environ={}))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_arbitrary_text(text: str) -> None:
    check(load("t.yaml", text=text, environ={}))


DATA: dict[str, Any] = yaml.safe_load(TEXT)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(
        ["feed", "feed.ticks", "auto", "${{ x }}", "${{ sockets.ticks.port }}", "'", "5s", [], {}, ["a"]]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), VALUES, st.booleans()), max_size=3))
def test_data_with_arbitrary_changes(changes: list[tuple[int, Any, bool]]) -> None:
    data = copy.deepcopy(DATA)
    for number, value, remove in changes:
        places = list(every_place(data))
        if not places:
            break
        container, key = places[number % len(places)]
        if remove:
            del container[key]
        else:
            container[key] = value
    loaded = from_data(data)
    check(loaded)


def every_place(value: Any) -> Any:
    """Every (container, key) of nested data."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from every_place(value[key])
