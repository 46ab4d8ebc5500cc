"""From a Picture to DOT text. No layout here; how much is asked of the layout is a Detail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from orchestrator.render.labels import SMALL, card, edge_label, external_card, port_id, text
from orchestrator.render.legend import heading
from orchestrator.render.markup import quoted, tooltip
from orchestrator.render.picture import (
    Arrows,
    Box,
    Change,
    Edge,
    End,
    External,
    Family,
    Flavour,
    Group,
    Picture,
    Side,
)
from orchestrator.render.theme import LIGHT, Theme
from orchestrator.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is asked of Graphviz. Less of it is faster and crashes less; every edge is always drawn."""

    clusters: bool = True
    edge_labels: bool = True
    ports: bool = True
    """Edges end at their sockets, not at the middle of a box."""
    splines: str = "true"
    layout: str = "dot"
    """The layout engine."""


FULL = Detail()

Link: TypeAlias = Callable[[Span], str | None]
"""The address of a place in a file, or None where it has none."""

_Places = dict[End, str]
"""Where an edge ends: `port:compass`."""


def to_dot(
    picture: Picture,
    *,
    theme: Theme = LIGHT,
    detail: Detail = FULL,
    dpi: int | None = None,
    link: Link | None = None,
    ids: bool = False,
) -> str:
    """A DOT document, the same bytes for the same picture. `dpi` is for pixel formats.

    `link` gives the address that a click on a node's box leads to, from the node's place in the file.
    `ids` names each shape, link and frame, for scripts.
    """
    names = _Names(picture) if ids else None
    places = _places(picture) if detail.ports else {}
    lines = [
        f"digraph {quoted(picture.title)} {{",
        *_defaults(picture, theme, detail, dpi),
        *(_external(external, theme, names) for external in reversed(picture.externals)),
        *_boxes(picture, theme, detail, _Look(theme, link, names)),
        *(
            _edge(edge, places, theme, detail, f"e{index}" if ids else None)
            for index, edge in enumerate(picture.edges)
        ),
        "}",
    ]
    return "\n".join(lines) + "\n"


def shape_ids(picture: Picture) -> dict[str, str]:
    """The id, for scripts, of each box and external."""
    boxes = {box.id: f"n{index}" for index, box in enumerate(picture.boxes)}
    return boxes | {external.id: f"x{index}" for index, external in enumerate(picture.externals)}


class _Names:
    """Ids for scripts."""

    def __init__(self, picture: Picture) -> None:
        self.shapes = shape_ids(picture)
        self.groups = {group.id: f"g{index}" for index, group in enumerate(picture.groups)}


@dataclass(frozen=True, slots=True)
class _Look:
    theme: Theme
    link: Link | None
    names: _Names | None


def _places(picture: Picture) -> _Places:
    return {
        End(id=box.id, port=port.name): f"{port_id(index)}:{'w' if port.side is Side.LEFT else 'e'}"
        for box in picture.boxes
        for index, port in enumerate(box.ports)
    }


def _defaults(picture: Picture, theme: Theme, detail: Detail, dpi: int | None) -> Iterator[str]:
    # Without newrank Graphviz 2.43 crashes on half of all graphs that have clusters and edge labels.
    settings = {
        "layout": detail.layout,
        "rankdir": "LR",
        "newrank": "true",
        "splines": detail.splines,
        "nodesep": "0.3",
        "ranksep": "0.7" if detail.edge_labels else "1.1",
        "pad": "0.25",
        "outputorder": "nodesfirst",
        "bgcolor": theme.paper,
        "fontname": theme.font,
        "labelloc": "t",
        "labeljust": "l",
    }
    if dpi is not None:
        settings["dpi"] = str(dpi)
    yield f"  graph [{_attributes(settings)}, tooltip={tooltip(picture.title)},"
    yield f"    label=<{heading(picture, theme)}>];"
    yield f'  node [shape=plain, fontname={quoted(theme.font)}, fontsize=11, margin="0.02"];'
    yield f"  edge [fontname={quoted(theme.font)}, fontsize=9, arrowsize=0.7, penwidth=1.4];"


def _boxes(picture: Picture, theme: Theme, detail: Detail, look: _Look) -> Iterator[str]:
    """From the last to the first: left to right, Graphviz puts what comes later above what came earlier.

    A group stands where its last member does.
    """
    groups = (
        {member: group for group in picture.groups for member in group.members} if detail.clusters else {}
    )
    boxes = {box.id: box for box in picture.boxes}
    begun: set[str] = set()
    for box in reversed(picture.boxes):
        group = groups.get(box.id)
        if group is None:
            yield "  " + _box(box, look)
        elif group.id not in begun:
            begun.add(group.id)
            yield from _cluster(group, [boxes[member] for member in reversed(group.members)], look)


def _cluster(group: Group, members: Iterable[Box], look: _Look) -> Iterator[str]:
    theme = look.theme
    settings = {
        "style": "rounded,filled",
        "color": theme.rule,
        "fillcolor": theme.group,
        "margin": "14",
        "labeljust": "l",
    }
    if look.names is not None:
        settings["id"] = look.names.groups[group.id]
    yield f"  subgraph {quoted(f'cluster {group.id}')} {{"
    label = text(group.title, theme.faded, SMALL, bold=True)
    yield f"    graph [{_attributes(settings)}, tooltip={tooltip(group.title)}, label=<{label}>];"
    yield from ("    " + _box(box, look) for box in members)
    yield "  }"


def _box(box: Box, look: _Look) -> str:
    theme, link = look.theme, look.link
    words = ["node", box.kind, _class(box.flavour), *([box.change] if box.change else [])]
    target = (
        link(box.span) if link is not None and not box.folded and box.change is not Change.REMOVED else None
    )
    url = f"URL={quoted(target)}, " if target else ""
    url += f"id={quoted(look.names.shapes[box.id])}, " if look.names else ""
    told = "\n".join([box.tooltip, *(f"{m.severity}[{m.code}]: {m.message}" for m in box.marks)])
    kind = quoted(" ".join(words))
    return f"{quoted(box.id)} [class={kind}, {url}tooltip={tooltip(told)}, label=<{card(box, theme)}>];"


def _external(external: External, theme: Theme, names: _Names | None) -> str:
    colour = theme.faded if external.declared else theme.families[Family.MISFIT]
    if external.change is not None:
        colour = theme.changes[external.change]
    settings = {
        "shape": "hexagon" if external.declared else "octagon",
        "style": "filled,dashed",
        "color": colour,
        "fillcolor": theme.external,
        "class": "external" if external.declared else "stray",
    }
    if names is not None:
        settings["id"] = names.shapes[external.id]
    return (
        f"  {quoted(external.id)} [{_attributes(settings)}, tooltip={tooltip(external.tooltip)}, "
        f"label=<{external_card(external, theme)}>];"
    )


def _edge(edge: Edge, places: _Places, theme: Theme, detail: Detail, id_: str | None) -> str:
    settings = {"color": theme.families[edge.family], "class": f"link {_class(edge.family)}"}
    if edge.change is not None:
        settings["class"] += f" {edge.change}"
        settings |= {"color": theme.changes[edge.change], "penwidth": "2.4"}
        if edge.change is Change.REMOVED:
            settings["style"] = "dashed"
    if id_ is not None:
        settings["id"] = id_
    tail, head = edge.tail, edge.head
    if edge.arrows is not Arrows.FORWARD:
        settings["dir"] = edge.arrows.value
    elif edge.backwards:
        tail, head, settings["dir"] = head, tail, "back"
    if edge.family is Family.MISFIT:
        settings["style"] = "dashed"
    if tail in places:
        settings["tailport"] = places[tail]
    if head in places:
        settings["headport"] = places[head]
    written = f"{_attributes(settings)}, tooltip={tooltip(edge.tooltip)}"
    label = edge_label(edge, theme) if detail.edge_labels else None
    if label is not None:
        written += f", labeltooltip={tooltip(edge.tooltip)}, label=<{label}>"
    return f"  {quoted(tail.id)} -> {quoted(head.id)} [{written}];"


def _class(word: Family | Flavour) -> str:
    """A word for style sheets: `pub-sub`, `foreign`."""
    return word.name.lower().replace("_", "-")


def _attributes(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted(value)}" for name, value in settings.items())
