"""From a Picture to D2 (d2lang.com): nodes with their sockets, links, groups as containers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from orchestrator.render.labels import SEVERITY_SIGNS, SIGNS
from orchestrator.render.markup import clean
from orchestrator.render.picture import Arrows, Box, Change, Edge, End, External, Family, Picture, Port, Role
from orchestrator.render.theme import LIGHT, Theme
from orchestrator.vocabulary import NodeKind

_MARKS = {Role.BINDS: "●", Role.CONNECTS: "○", Role.BOTH: "◐", Role.NEITHER: "◌"}
_ARROWS = {Arrows.FORWARD: "->", Arrows.BOTH: "<->", Arrows.NONE: "--"}


def to_d2(picture: Picture, *, theme: Theme = LIGHT) -> str:
    """A D2 document, the same text for the same picture."""
    names = _names(picture)
    lines = [
        "direction: right",
        f"title: {_text(picture.title)} {{shape: text; near: top-left; style.font-size: 28}}",
    ]
    for words in (picture.description, picture.note):
        if words:
            lines.append(f"# {' '.join(clean(words).split())}")
    for group in picture.groups:
        lines.append(f"{_group(names, group.members)}: {_text(group.title)}")
    lines += [line for box in picture.boxes for line in _box(box, names[box.id], theme)]
    lines += [
        line for external in picture.externals for line in _external(external, names[external.id], theme)
    ]
    lines += [_edge(edge, names, theme) for edge in picture.edges]
    return "\n".join(lines) + "\n"


def _names(picture: Picture) -> Mapping[str, str]:
    """Paths that mean nothing else in D2: `n0`, and `g0.n1` for what stands in a group."""
    groups = {m: f"g{index}." for index, g in enumerate(picture.groups) for m in g.members}
    boxes = {b.id: f"{groups.get(b.id, '')}n{index}" for index, b in enumerate(picture.boxes)}
    return boxes | {e.id: f"x{index}" for index, e in enumerate(picture.externals)}


def _group(names: Mapping[str, str], members: tuple[str, ...]) -> str:
    return names[members[0]].partition(".")[0]


def _box(box: Box, name: str, theme: Theme) -> Iterator[str]:
    sign = f"{SIGNS[box.change]} " if box.change else ""
    marks = f" ×{box.replicas}" * (box.replicas > 1) + " (task)" * (box.kind is NodeKind.TASK)
    found = [f"{SEVERITY_SIGNS[m.severity]} {m.code}" for m in box.marks]
    lines = [f"{sign}{box.title}{marks}", box.program, *map(_port, box.ports), *dict.fromkeys(found)]
    border = theme.changes[box.change] if box.change else theme.borders[box.flavour]
    yield f"{name}: {_text(chr(10).join(lines))} {{"
    yield f"  tooltip: {_text(box.tooltip)}"
    if box.replicas > 1 or box.folded:
        yield "  style.multiple: true"
    if box.change is Change.REMOVED:
        yield "  style.stroke-dash: 4"
    yield f'  style: {{fill: "{theme.grounds[box.flavour]}"; stroke: "{border}"; font-color: "{theme.ink}"}}'
    yield "}"


def _port(port: Port) -> str:
    address = f" {port.addresses[0]}" if port.addresses else ""
    return f"{_MARKS[port.role]} {port.type} {port.name}{address}"


def _external(external: External, name: str, theme: Theme) -> Iterator[str]:
    kind = f"{external.type} " if external.type else ""
    colour = theme.faded if external.declared else theme.families[Family.MISFIT]
    yield f"{name}: {_text(f'{kind}{external.title}{chr(10)}{external.address}')} {{"
    yield "  shape: hexagon"
    yield f"  tooltip: {_text(external.tooltip)}"
    look = f'fill: "{theme.external}"; stroke: "{colour}"; font-color: "{theme.ink}"'
    yield f"  style: {{stroke-dash: 4; {look}}}"
    yield "}"


def _edge(edge: Edge, names: Mapping[str, str], theme: Theme) -> str:
    ends = " → ".join(dict.fromkeys(p for p in (_port_of(edge.tail), _port_of(edge.head)) if p))
    change = f"{SIGNS[edge.change]} {edge.change}" if edge.change else None
    label = "\n".join(word for word in (change, ends, edge.payload, edge.topics) if word)
    colour = theme.changes[edge.change] if edge.change else theme.families[edge.family]
    dash = "; stroke-dash: 4" if edge.family is Family.MISFIT or edge.change is Change.REMOVED else ""
    link = f"{names[edge.tail.id]} {_ARROWS[edge.arrows]} {names[edge.head.id]}"
    return f'{link}: {_text(label)} {{style: {{stroke: "{colour}"{dash}}}}}'


def _port_of(end: End) -> str | None:
    return end.port


def _text(words: str) -> str:
    """A double-quoted D2 string; `$` starts a substitution in D2."""
    return json.dumps(clean(words), ensure_ascii=False).replace("$", "\\$")
