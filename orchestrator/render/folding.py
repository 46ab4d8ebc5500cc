"""Folding: one box in the place of many, so that a large system fits on a page. From Picture to Picture."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.render.compose import legend_of
from orchestrator.render.picture import Box, Edge, End, Flavour, Group, Picture, Port, Role
from orchestrator.render.views import grouped, noted, renamed

MOST_SHAPES: Final = 150
"""Beyond it a picture folds itself: nobody reads the boxes any more."""
_GOAL: Final = 40
"""How many boxes a folded picture would best have."""
_MOST_LINKS: Final = 120
"""Beyond it the lines hide each other, and Graphviz takes seconds."""
_NUMBER: Final = re.compile(r"[-_.]?\d+$")
_SAMPLES: Final = 3

Key = Callable[[Box], str | None]


def collapsed(picture: Picture, titles: Sequence[str] = ()) -> Picture:
    """One box for each group, or for those with these titles; a group of one stays as it is."""
    groups = [
        g
        for g in picture.groups
        if len(g.members) > 1 and (not titles or g.title in titles or g.id.partition(" ")[2] in titles)
    ]
    return _merged(picture, groups, noted(f"{len(groups)} groups are folded" if groups else None))


def folded(picture: Picture, most: int = MOST_SHAPES) -> Picture:
    """The picture itself when it is small enough, else the fold that leaves the best number of boxes."""
    if picture.shapes <= most:
        return picture
    candidates = [c for c in (_candidate(picture, w) for w in _ways(picture)) if c.boxes < len(picture.boxes)]
    if not candidates:
        return picture
    best = min(candidates, key=lambda c: (abs(c.boxes - _GOAL) + max(0, c.links - _MOST_LINKS), c.order))
    note = f"{len(picture.boxes):,} nodes, folded by {best.word}"
    return _merged(picture, best.groups, note)


@dataclass(frozen=True, slots=True)
class _Way:
    word: str
    key: Key
    order: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    word: str
    groups: Sequence[Group]
    boxes: int
    links: int
    order: int


def _ways(picture: Picture) -> Iterable[_Way]:
    """What boxes can be folded by, the most meaningful first."""
    labels = Counter(name for box in picture.boxes for name in box.labels)
    ways: list[tuple[str, Key]] = [("process", lambda box: box.process), ("host", lambda box: box.host)]
    ways += [
        (f"label {name}", lambda box, name=name: box.labels.get(name))  # type: ignore[misc]
        for name, count in sorted(labels.items())
        if count > 1
    ]
    ways.append(("name", lambda box: _NUMBER.sub("", box.id)))
    ways.append(("program", lambda box: f"{box.program} {_sockets(box)}"))
    return [_Way(word, key, order) for order, (word, key) in enumerate(ways)]


def _sockets(box: Box) -> str:
    return " ".join(sorted(f"{p.type} {p.name}" for p in box.ports))


def _candidate(picture: Picture, way: _Way) -> _Candidate:
    members: dict[str, list[str]] = {}
    for box in picture.boxes:
        word = way.key(box)
        members.setdefault(box.id if word is None else f"{way.word}\0{word}", []).append(box.id)
    groups = [
        Group(id=key.replace("\0", " "), title=_title(key, ids), members=tuple(ids))
        for key, ids in members.items()
        if len(ids) > 1
    ]
    into = {m: g.id for g in groups for m in g.members}
    pairs = {renamed(edge, into) for edge in picture.edges}
    return _Candidate(way.word, groups, len(members), len(pairs), way.order)


def _title(key: str, ids: Sequence[str]) -> str:
    word, _, value = key.partition("\0")
    if word.startswith("label "):
        return f"{word.removeprefix('label ')} {value}"
    return f"{value}…" if word == "name" else f"{ids[0]}…"


def _merged(picture: Picture, groups: Sequence[Group], note: str | None) -> Picture:
    """Each group as one box. Links inside are counted, links between become one for each kind."""
    if not groups:
        return picture
    boxes = {box.id: box for box in picture.boxes}
    into = {member: f"group {g.id}" for g in groups for member in g.members}
    ports = {member: {p.name: _port_name(p) for p in boxes[member].ports} for member in into}
    inside: Counter[str] = Counter()
    edges = _merged_edges(picture.edges, into, ports, inside)
    made = {f"group {g.id}": _one_box(g, [boxes[m] for m in g.members], inside) for g in groups}
    order = dict.fromkeys(into.get(box.id, box.id) for box in picture.boxes)
    merged = tuple(made.get(name) or boxes[name] for name in order)
    kept = tuple(
        g
        for g in (replace(g, members=tuple(m for m in g.members if m not in into)) for g in picture.groups)
        if g.members
    )
    return replace(
        picture,
        boxes=merged,
        edges=edges,
        groups=kept,
        legend=legend_of(merged, picture.externals, edges),
        note=noted(picture.note, note),
    )


def _one_box(group: Group, members: Sequence[Box], inside: Counter[str]) -> Box:
    ports: dict[str, Port] = {}
    for box in members:
        for port in box.ports:
            name = _port_name(port)
            known = ports.get(name)
            role = port.role if known is None or known.role is port.role else Role.BOTH
            ports[name] = replace(port, name=name, role=role, addresses=())
    links = inside[f"group {group.id}"]
    program = f"{len(members)} nodes" + f", {links} links inside" * (links > 0)
    names = ", ".join(box.id for box in members[:_SAMPLES]) + ", …" * (len(members) > _SAMPLES)
    flavours = {box.flavour for box in members}
    return replace(
        members[0],
        id=f"group {group.id}",
        title=group.title,
        program=program,
        flavour=members[0].flavour if len(flavours) == 1 else Flavour.FOREIGN,
        ports=tuple(ports.values()),
        tooltip=f"{group.title}: {program}\n{names}",
        replicas=1,
        marks=tuple(dict.fromkeys(mark for box in members for mark in box.marks)),
        folded=len(members),
    )


def _port_name(port: Port) -> str:
    """Sockets of one type become one."""
    return port.type.value.lower()


def _merged_edges(
    edges: Iterable[Edge],
    into: Mapping[str, str],
    ports: Mapping[str, Mapping[str, str]],
    inside: Counter[str],
) -> tuple[Edge, ...]:
    def end(old: End) -> End:
        name = into.get(old.id)
        if name is None:
            return old
        return End(id=name, port=ports[old.id].get(old.port) if old.port is not None else None)

    merged: dict[tuple[End, End], list[Edge]] = {}
    for edge in edges:
        tail, head = renamed(edge, into)
        if tail == head and edge.tail.id in into:
            inside[tail] += edge.count
            continue
        merged.setdefault((end(edge.tail), end(edge.head)), []).append(edge)
    return tuple(_one_edge(tail, head, met) for (tail, head), met in merged.items())


def _one_edge(tail: End, head: End, met: Sequence[Edge]) -> Edge:
    first = met[0]
    if len(met) == 1:
        return replace(first, tail=tail, head=head)
    payloads = dict.fromkeys(edge.payload for edge in met)
    count = sum(edge.count for edge in met)
    words = first.payload if len(payloads) == 1 and first.payload else None
    return replace(
        first,
        tail=tail,
        head=head,
        payload=f"{words} ×{count}" if words else f"{count} links",
        topics=None,
        tooltip=f"{count} links, such as\n{first.tooltip}",
        count=count,
    )


__all__ = ["MOST_SHAPES", "collapsed", "folded", "grouped"]
