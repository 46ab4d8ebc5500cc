"""From a Picture to a Mermaid flowchart, as GitHub and GitLab show it in Markdown.

Mermaid has no ports: a node lists its sockets as text, and a link names the two that it joins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from orchestrator.render.labels import SEVERITY_SIGNS, SIGNS
from orchestrator.render.markup import clean
from orchestrator.render.picture import (
    Arrows,
    Box,
    Change,
    Edge,
    External,
    Family,
    Flavour,
    Group,
    Picture,
    Port,
    Role,
)
from orchestrator.render.theme import LIGHT, Theme
from orchestrator.vocabulary import NodeKind

MOST_CHARACTERS = 50_000
"""Mermaid's `maxTextSize`, likewise."""
MOST_EDGES = 500
"""Mermaid's `maxEdges` where a page does not set it; GitHub does not. Beyond it an error is shown."""

_MARKS = {Role.BINDS: "●", Role.CONNECTS: "○", Role.BOTH: "◐", Role.NEITHER: "◌"}
_ARROWS = {Arrows.FORWARD: "-->", Arrows.BOTH: "<-->", Arrows.NONE: "---"}
_DASHED = {Arrows.FORWARD: "-.->", Arrows.BOTH: "<-.->", Arrows.NONE: "-.-"}
# Mermaid's own references: `&#39;` would be taken for one of them and break. A backquote, a dollar and a
# backslash start Markdown, formulas and line breaks.
_REFERENCES = str.maketrans({c: f"#{ord(c)};" for c in "#&<>\"'`$\\;|"} | {"\n": " ", "\r": " ", "\t": " "})


def to_mermaid(picture: Picture, *, theme: Theme = LIGHT) -> str:
    """A Mermaid document, the same text for the same picture."""
    names = _names(picture)
    lines = [
        "---",
        f"title: {json.dumps(clean(picture.title), ensure_ascii=False)}",
        "---",
        "flowchart LR",
        *_comment(picture.description),
        *_comment(picture.note),
        *_boxes(picture, names),
        *(f"  {names[e.id]}{_external(e)}" for e in picture.externals),
        *(_edge(edge, names) for edge in picture.edges),
        *_legend(picture),
        *_styles(picture, theme),
    ]
    return "\n".join(lines) + "\n"


def _names(picture: Picture) -> Mapping[str, str]:
    """Names for Mermaid, in which words such as `end` mean something: `n0`, `n1`, …, `e0`, …"""
    boxes = {box.id: f"n{index}" for index, box in enumerate(picture.boxes)}
    return boxes | {e.id: f"e{index}" for index, e in enumerate(picture.externals)}


def _comment(text: str | None) -> Iterator[str]:
    if text:
        told = " ".join(clean(text).split())
        yield "  %% " + re.sub("%(?=[%{])", "% ", told)  # `%%{…}` is a directive wherever it stands


def _boxes(picture: Picture, names: Mapping[str, str]) -> Iterator[str]:
    groups = {member: group for group in picture.groups for member in group.members}
    boxes = {box.id: box for box in picture.boxes}
    begun: dict[str, Group] = {}
    for box in picture.boxes:
        group = groups.get(box.id)
        if group is None:
            yield f"  {names[box.id]}{_box(box)}"
        elif group.id not in begun:
            yield f'  subgraph g{len(begun)}["{_text(group.title)}"]'
            yield from (f"    {names[m]}{_box(boxes[m])}" for m in group.members)
            yield "  end"
            begun[group.id] = group


def _box(box: Box) -> str:
    marks = f" ×{box.replicas}" * (box.replicas > 1) + " <i>task</i>" * (box.kind is NodeKind.TASK)
    sign = f"{SIGNS[box.change]} " if box.change else ""
    found = dict.fromkeys(f"{SEVERITY_SIGNS[m.severity]} {m.code}" for m in box.marks)
    lines = [
        f"{sign}<b>{_text(box.title)}</b>{marks}",
        f"<small>{_text(box.program)}</small>",
        *(_port(port) for port in box.ports),
        *found,
    ]
    return f'["{"<br/>".join(lines)}"]:::{box.change or _class(box.flavour)}'


def _port(port: Port) -> str:
    address = f" <small>{_text(port.addresses[0])}</small>" if port.addresses else ""
    return f"{_MARKS[port.role]} {port.type} {_text(port.name)}{address}"


def _external(external: External) -> str:
    kind = f"{external.type} " if external.type else ""
    words = f"{kind}<b>{_text(external.title)}</b><br/><small>{_text(external.address)}</small>"
    return f'{{{{"{words}"}}}}:::{"external" if external.declared else "stray"}'


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    arrow = (_DASHED if edge.family is Family.MISFIT else _ARROWS)[edge.arrows]
    change = f"{SIGNS[edge.change]} {edge.change}" if edge.change else None
    lines = [_text(word) for word in (change, _ports(edge), edge.payload, edge.topics) if word]
    label = f'|"{"<br/>".join(lines)}"|' if lines else ""
    return f"  {names[edge.tail.id]} {arrow}{label} {names[edge.head.id]}"


def _ports(edge: Edge) -> str:
    ends = dict.fromkeys(end.port for end in (edge.tail, edge.head) if end.port is not None)
    return " → ".join(ends)


def _legend(picture: Picture) -> Iterator[str]:
    legend = picture.legend
    yield '  subgraph legend["Legend"]'
    for family in legend.families:
        yield f'    l-{_class(family)}["{family.value}"]:::{_class(family)}'
    words = [f"{_MARKS[role]} {role.value}" for role in legend.roles]
    words += ["×N replicas"] * legend.replicas + ["<i>task</i> runs to its end"] * legend.tasks
    words += [f"{SIGNS[change]} {change}" for change in legend.changes]
    if legend.marks:
        words.append(" ".join(f"{sign} {severity}" for severity, sign in SEVERITY_SIGNS.items()))
    if words:
        yield f'    l-marks["{"<br/>".join(words)}"]:::plain'
    for flavour in legend.flavours:
        yield f'    l-{_class(flavour)}["{flavour.value}"]:::{_class(flavour)}'
    if legend.externals:
        yield '    l-external{{"outside, not started"}}:::external'
    if legend.strays:
        yield '    l-stray{{"nobody binds it"}}:::stray'
    yield "  end"


def _styles(picture: Picture, theme: Theme) -> Iterator[str]:
    for flavour in picture.legend.flavours:
        yield _class_def(_class(flavour), theme.grounds[flavour], theme.borders[flavour], theme.ink)
    for family in picture.legend.families:
        colour = theme.families[family]
        yield _class_def(_class(family), colour, colour, theme.on_colour)
        yield from _link_style(picture.edges, family, colour)
    for change in picture.legend.changes:
        colour = theme.changes[change]
        dashes = ",stroke-dasharray:4 3" if change is Change.REMOVED else ""
        yield _class_def(change, theme.paper, colour, theme.ink) + ",stroke-width:3px" + dashes
        indices = [str(index) for index, edge in enumerate(picture.edges) if edge.change is change]
        if indices:
            yield f"  linkStyle {','.join(indices)} stroke:{colour},stroke-width:3px{dashes}"
    yield _class_def("plain", theme.paper, theme.rule, theme.ink)
    dashed = ",stroke-dasharray:4 3"
    if picture.legend.externals:
        yield _class_def("external", theme.external, theme.faded, theme.ink) + dashed
    if picture.legend.strays:
        yield _class_def("stray", theme.external, theme.families[Family.MISFIT], theme.ink) + dashed


def _link_style(edges: Iterable[Edge], family: Family, colour: str) -> Iterator[str]:
    indices = [str(index) for index, edge in enumerate(edges) if edge.family is family]
    if indices:
        yield f"  linkStyle {','.join(indices)} stroke:{colour},stroke-width:2px"


def _class_def(name: str, ground: str, border: str, ink: str) -> str:
    return f"  classDef {name} fill:{ground},stroke:{border},color:{ink}"


def _class(word: Family | Flavour) -> str:
    return word.name.lower().replace("_", "-")


def _text(words: str) -> str:
    return clean(words).translate(_REFERENCES)
