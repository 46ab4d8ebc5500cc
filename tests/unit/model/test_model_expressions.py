"""`${{ … }}` taken apart and evaluated."""

from __future__ import annotations

import pytest

from orchestrator.errors import RunError
from orchestrator.model.expressions import Malformed, Reference, Scope, evaluate, parse

SCOPE = Scope(
    node="gateway",
    replica=2,
    run_dir="/run/x",
    topology="market",
    directory="/home/me",
    sockets={"orders": ("tcp://127.0.0.1:5557", "ipc:///a"), "late": ()},
    nodes={"feed": {"ticks": ("tcp://[::1]:80",), "raw": ("ipc:///b",)}},
)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("--at=${{ sockets.orders.address }}", "--at=tcp://127.0.0.1:5557"),
        ("${{sockets.orders.addresses}}", "tcp://127.0.0.1:5557,ipc:///a"),
        ("${{ sockets.orders.host }}:${{ sockets.orders.port }}", "127.0.0.1:5557"),
        ("${{ nodes.feed.sockets.ticks.host }}", "[::1]"),
        ("${{ nodes.feed.sockets.raw.address }}", "ipc:///b"),
        ("${{ node.name }}-${{ replica.index }}", "gateway-2"),
        ("${{ run.dir }}/${{ topology.name }} ${{ topology.dir }}", "/run/x/market /home/me"),
        ("$${{ run.dir }}", "${{ run.dir }}"),
        ("$${{", "${{"),
        ("a $$ ${x} }} b", "a $$ ${x} }} b"),
    ],
)
def test_evaluation(text: str, result: str) -> None:
    assert evaluate(text, SCOPE) == result


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${{ sockets.none.address }}", "no address yet"),
        ("${{ sockets.late.address }}", "no address yet"),
        ("${{ nodes.feed.sockets.raw.port }}", "no tcp address"),
        ("${{ run.dri }}", "refers to nothing"),
        ("${{ run.dir", "never closed"),
    ],
)
def test_what_has_no_value_is_an_error_with_a_reason(text: str, words: str) -> None:
    with pytest.raises(RunError, match=words):
        evaluate(text, SCOPE)


def test_places_within_the_text() -> None:
    text = "a ${{  run.dir }} b ${{ 1+ }} ${{"
    _, reference, _, malformed, _, unclosed = parse(text).pieces
    assert isinstance(reference, Reference)
    assert text[reference.start : reference.end] == "${{  run.dir }}"
    assert text[reference.inner :].startswith("run.dir")
    assert isinstance(malformed, Malformed)
    assert text[malformed.start : malformed.end] == "${{ 1+ }}"
    assert isinstance(unclosed, Malformed)
