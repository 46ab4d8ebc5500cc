"""From a picture to DOT text."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

from hypothesis import given
from hypothesis.strategies import text

from orchestrator.render.dot import Detail, to_dot
from orchestrator.render.labels import chip
from orchestrator.render.markup import clean, element, escape, quoted, tooltip
from orchestrator.render.picture import Family, Picture, Role
from orchestrator.render.theme import LIGHT


def test_the_same_picture_gives_the_same_bytes(market: Picture) -> None:
    assert to_dot(market) == to_dot(market)


def test_newrank_is_always_on(market: Picture) -> None:
    for detail in (Detail(), Detail(clusters=False), Detail(edge_labels=False, layout="osage")):
        assert 'newrank="true"' in to_dot(market, detail=detail)


def test_every_box_external_and_edge_is_there(market: Picture) -> None:
    for detail in (Detail(), Detail(clusters=False, edge_labels=False, ports=False)):
        dot = to_dot(market, detail=detail)
        assert len(re.findall(r'class="node ', dot)) == len(market.boxes)
        assert len(re.findall(r'class="(?:external|stray)"', dot)) == len(market.externals)
        assert len(re.findall(r'class="link ', dot)) == len(market.edges)


def test_a_detail_leaves_out_what_it_says(market: Picture) -> None:
    full = to_dot(market)
    assert "subgraph" in full and "Tick · msgpack</FONT>" in full and "headport" in full
    bare = to_dot(market, detail=Detail(clusters=False, edge_labels=False, ports=False))
    assert "subgraph" not in bare
    assert "Tick · msgpack</FONT>" not in bare
    assert "headport" not in bare and "tailport" not in bare


def test_edges_end_at_the_outer_side_of_their_socket(market: Picture) -> None:
    line = next(x for x in to_dot(market).splitlines() if x.strip().startswith('"feed" -> "strategy"'))
    assert 'tailport="s1:e", headport="s0:w"' in line


def test_binders_are_filled_and_connectors_hollow() -> None:
    colour = LIGHT.families[Family.PUB_SUB]
    binds, connects, both, neither = (chip("PUB", Family.PUB_SUB, role, LIGHT) for role in Role)
    assert f'BGCOLOR="{colour}"' in binds and f'COLOR="{LIGHT.on_colour}"' in binds
    assert f'BGCOLOR="{colour}"' not in connects and f'<FONT COLOR="{colour}"' in connects
    assert both.count("<TABLE") == 2 and binds in both
    assert "DASHED" in neither and f'BGCOLOR="{colour}"' not in neither


def test_a_cards_sockets_look_by_their_role(market: Picture) -> None:
    line = next(x for x in to_dot(market).splitlines() if x.strip().startswith('"feed" ['))
    for role, name in ((Role.BINDS, "PUB"), (Role.CONNECTS, "SUB")):
        assert chip(name, Family.PUB_SUB, role, LIGHT) in line


def test_what_leads_back_is_drawn_from_right_to_left(picture: Callable[[str], Picture]) -> None:
    dot = to_dot(
        picture(
            "nodes:\n"
            "  a: {run: m:A, sockets: {o: {type: PUSH, bind: auto}, i: {type: PULL, connect: b.o}}}\n"
            "  b: {run: m:B, sockets: {o: {type: PUSH, bind: auto}, i: {type: PULL, connect: a.o}}}"
        )
    )
    lines = [line.strip() for line in dot.splitlines() if " -> " in line]
    assert [line.split(" [")[0] for line in lines] == ['"a" -> "b"', '"a" -> "b"']
    assert ['dir="back"' in line for line in lines] == [True, False]


@given(text())
def test_a_users_words_survive_markup(words: str) -> None:
    """What Graphviz reads from an HTML-like label, with halved backslashes, is what was put in."""
    cell = ElementTree.fromstring(element("TD", escape(words), TOOLTIP=words))
    expected = clean(words).replace("\r\n", "\n").replace("\r", "\n")
    assert (cell.text or "").replace("\\\\", "\\") == expected


@given(text())
def test_a_users_words_never_end_their_string(words: str) -> None:
    for written in (quoted(words), tooltip(words)):
        assert re.fullmatch(r'"(?:[^"\\\n]|\\[\\"n])*"', written)


def test_quoting() -> None:
    assert quoted('a "b" \\N\nc') == '"a \\"b\\" \\\\N\\nc"'
    assert quoted("<b>") == '"<b>"'
    assert quoted("\x00\ud800") == '"\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"'
    assert tooltip("R&D \\N") == '"R&amp;D \\\\\\\\N"'
