"""Which way edges run, so that a layout from left to right has no circle to break."""

from __future__ import annotations

from orchestrator.render.orient import oriented
from orchestrator.render.picture import Arrows, Edge, End, Family


def one_way(tail: str, head: str) -> Edge:
    return _edge(tail, head, Arrows.FORWARD)


def two_way(tail: str, head: str) -> Edge:
    return _edge(tail, head, Arrows.BOTH)


def _edge(tail: str, head: str, arrows: Arrows) -> Edge:
    return Edge(
        tail=End(id=tail),
        head=End(id=head),
        family=Family.PAIR,
        arrows=arrows,
        payload=None,
        topics=None,
        tooltip="",
    )


def shown(edges: tuple[Edge, ...]) -> list[str]:
    return [f"{e.tail}{'<' if e.backwards else '>'}{e.head}" for e in edges]


def test_the_way_back_of_a_circle_runs_backwards() -> None:
    edges = [one_way("c", "a"), one_way("a", "b"), one_way("b", "c")]
    assert shown(oriented(edges, "abc")) == ["c<a", "a>b", "b>c"]
    assert shown(oriented(edges, "bca")) == ["c>a", "a<b", "b>c"]


def test_two_way_edges_turn_with_the_one_way_ones() -> None:
    edges = [two_way("client", "kernel"), one_way("kernel", "client"), two_way("client", "other")]
    assert shown(oriented(edges, ["client", "kernel", "other"])) == [
        "kernel>client",
        "kernel>client",
        "client>other",
    ]


def test_two_way_edges_do_not_close_circles_among_themselves() -> None:
    edges = [two_way("a", "b"), two_way("b", "c"), two_way("c", "a")]
    assert shown(oriented(edges, "abc")) == ["a>b", "b>c", "a>c"]


def test_a_link_to_itself_stays() -> None:
    assert shown(oriented([one_way("a", "a"), two_way("b", "b")], "ab")) == ["a>a", "b>b"]


def test_a_long_chain_is_no_problem() -> None:
    chain = [one_way(f"n{i}", f"n{i + 1}") for i in range(5000)] + [one_way("n5000", "n0")]
    result = oriented(chain, [f"n{i}" for i in range(5001)])
    assert [e for e in result if e.backwards] == [result[-1]]
