"""Parts, groups, folds and comparisons of pictures: Picture in, Picture out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.errors import UsageError
from orchestrator.render.comparing import compared
from orchestrator.render.folding import MOST_SHAPES, collapsed, folded
from orchestrator.render.picture import Change, Picture
from orchestrator.render.views import focused, grouped, hidden

Make = Callable[[str], Picture]

CHAIN = """
endpoints:
  out: {address: "tcp://10.0.0.5:9000", type: PULL, external: true}
nodes:
  a: {command: a, labels: {team: x}, sockets: {o: {type: PUSH, bind: "tcp://10.0.0.1:5000"}}}
  b: {command: b, labels: {team: x}, sockets: {i: {type: PULL, connect: a.o}, o: {type: PUSH, bind: auto}}}
  c: {command: c, labels: {team: y}, sockets: {i: {type: PULL, connect: b.o}, p: {type: PUB, bind: auto}}}
  d: {command: d, sockets: {s: {type: SUB, connect: c.p, subscribe: [""]}, o: {type: PUSH, connect: out}}}
"""


def ids(picture: Picture) -> list[str]:
    return [box.id for box in picture.boxes]


def links(picture: Picture) -> set[tuple[str, str]]:
    return {(edge.tail.id, edge.head.id) for edge in picture.edges}


@pytest.mark.parametrize(
    ("names", "depth", "left"),
    [
        (["b"], 0, ["b"]),
        (["b"], 1, ["a", "b", "c"]),
        (["a"], 2, ["a", "b", "c"]),
        (["a", "d"], 0, ["a", "d"]),
        (["out"], 1, ["d"]),
        (["a"], 9, ["a", "b", "c", "d"]),
    ],
)
def test_a_focus_keeps_what_is_near(picture: Make, names: list[str], depth: int, left: list[str]) -> None:
    assert ids(focused(picture(CHAIN), names, depth)) == left


def test_a_focus_says_how_much_it_leaves_out(picture: Make) -> None:
    assert (
        focused(picture(CHAIN), ["b"], 1).note
        == "only what is within 1 link of b; 2 more nodes are not shown"
    )


def test_what_is_hidden_goes_with_its_links_and_its_words_in_the_legend(picture: Make) -> None:
    left = hidden(picture(CHAIN), ["pub", "a"])
    assert ids(left) == ["b", "c", "d"]
    assert links(left) == {("b", "c"), ("d", "endpoint out")}
    assert [port.name for box in left.boxes if box.id == "c" for port in box.ports] == ["i"]
    assert "a" in (left.note or "")


def test_unknown_names_are_told_with_the_nearest(picture: Make) -> None:
    with pytest.raises(UsageError, match="the picture has no `bb`") as error:
        focused(picture(CHAIN), ["bb"], 1)
    assert error.value.remedy == "did you mean `b`?"


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("none", {}),
        ("host", {"host 10.0.0.1": ("a",)}),
        ("label:team", {"team x": ("a", "b"), "team y": ("c",)}),
    ],
)
def test_groups(picture: Make, by: str, groups: dict[str, tuple[str, ...]]) -> None:
    assert {g.title: g.members for g in grouped(picture(CHAIN), by).groups} == groups


@pytest.mark.parametrize(("by", "remedy"), [("label:tem", "labels are team"), ("color", "use process")])
def test_groups_that_do_not_exist(picture: Make, by: str, remedy: str) -> None:
    with pytest.raises(UsageError) as error:
        grouped(picture(CHAIN), by)
    assert remedy in str(error.value.remedy)


def test_a_collapsed_group_is_one_box_with_its_outer_links(picture: Make) -> None:
    whole = collapsed(grouped(picture(CHAIN), "label:team"))
    assert [box.title for box in whole.boxes] == ["team x", "c", "d"]
    first = whole.boxes[0]
    assert (first.folded, first.program) == (2, "2 nodes, 1 links inside")
    assert {port.name for port in first.ports} == {"push", "pull"}
    assert links(whole) == {(first.id, "c"), ("c", "d"), ("d", "endpoint out")}


def crowd(count: int) -> str:
    lines = ["nodes:", "  sink: {command: s, sockets: {i: {type: PULL, bind: auto, codec: json}}}"]
    lines += [
        f"  w-{n}: {{command: w, sockets: {{o: {{type: PUSH, connect: sink.i, codec: json}}}}}}"
        for n in range(count)
    ]
    return "\n".join(lines)


def test_a_small_picture_is_not_folded(picture: Make) -> None:
    small = picture(crowd(MOST_SHAPES - 1))
    assert folded(small) is small


def test_a_large_picture_folds_itself_and_loses_no_link(picture: Make) -> None:
    large = folded(picture(crowd(MOST_SHAPES)))
    assert [box.title for box in large.boxes] == ["sink", "w…"]
    assert large.note == "151 nodes, folded by name"
    (edge,) = large.edges
    assert (edge.count, edge.payload) == (MOST_SHAPES, f"json ×{MOST_SHAPES}")


def test_the_fold_with_legible_links_is_taken(picture: Make) -> None:
    lines = ["nodes:"]
    for n in range(200):
        peers = ", ".join(f"n{p}.o" for p in range(200) if p % 37 == n % 37 and p != n)
        lines.append(
            f"  n{n}: {{command: x, labels: {{many: m{n % 40}, few: f{n % 3}}}, "
            f"sockets: {{o: {{type: PUSH, bind: auto}}, i: {{type: PULL, connect: [{peers}]}}}}}}"
        )
    assert folded(picture("\n".join(lines))).note == "200 nodes, folded by label few"


def test_every_kind_of_difference_is_marked(picture: Make) -> None:
    new = CHAIN.replace("  a: {command: a,", "  a: {command: a2,").replace(", p: {type: PUB, bind: auto}", "")
    new = new.replace(
        '  d: {command: d, sockets: {s: {type: SUB, connect: c.p, subscribe: [""]}, ',
        "  e: {command: d, sockets: {",
    )
    both = compared(picture(CHAIN), picture(new))
    changes = {box.id: box.change for box in both.boxes}
    assert changes == {
        "a": Change.CHANGED,
        "b": None,
        "c": Change.CHANGED,
        "e": Change.ADDED,
        "d": Change.REMOVED,
    }
    marked = {(e.tail.id, e.head.id): e.change for e in both.edges}
    assert marked == {
        ("a", "b"): None,
        ("b", "c"): None,
        ("e", "endpoint out"): Change.ADDED,
        ("c", "d"): Change.REMOVED,
        ("d", "endpoint out"): Change.REMOVED,
    }
    assert both.legend.changes == (Change.ADDED, Change.REMOVED, Change.CHANGED)
    assert both.note == "7 differences from the older topology"


def test_a_picture_is_not_different_from_itself(picture: Make) -> None:
    both = compared(picture(CHAIN), picture(CHAIN))
    assert both.note == "no differences"
    assert both.legend.changes == ()
