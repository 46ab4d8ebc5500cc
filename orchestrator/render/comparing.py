"""Two pictures as one: what was added, removed and changed since the older. From two Pictures to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from orchestrator.render.compose import legend_of
from orchestrator.render.picture import Box, Change, Edge, External, Group, Picture
from orchestrator.render.views import noted

_S = TypeVar("_S", Box, External)


def compared(old: Picture, new: Picture) -> Picture:
    """The newer picture with what has gone kept in it; every difference carries its `change`."""
    boxes = _shapes(old.boxes, new.boxes, _same_box)
    externals = _shapes(old.externals, new.externals, _same_external)
    edges = _edges(old.edges, new.edges)
    changes = [*(b.change for b in boxes), *(e.change for e in externals), *(e.change for e in edges)]
    count = len(changes) - changes.count(None)
    note = f"{count} difference{'s' * (count != 1)} from the older topology" if count else "no differences"
    return replace(
        new,
        boxes=boxes,
        externals=externals,
        edges=edges,
        groups=_groups(old.groups, new.groups),
        legend=legend_of(boxes, externals, edges),
        note=noted(new.note, note),
    )


def _shapes(old: Sequence[_S], new: Sequence[_S], same: Callable[[_S, _S], bool]) -> tuple[_S, ...]:
    before = {shape.id: shape for shape in old}
    after = {shape.id for shape in new}
    found: list[_S] = []
    for shape in new:
        earlier = before.get(shape.id)
        if earlier is None:
            found.append(replace(shape, change=Change.ADDED))
        elif same(earlier, shape):
            found.append(shape)
        else:
            found.append(replace(shape, change=Change.CHANGED))
    found += [replace(shape, change=Change.REMOVED) for shape in old if shape.id not in after]
    return tuple(found)


def _same_box(one: Box, other: Box) -> bool:
    """Whether what is drawn is the same, but for the sides that sockets sit on."""
    plain = [
        (
            b.program,
            b.flavour,
            b.kind,
            b.replicas,
            b.process,
            {(p.name, p.type, p.role, p.addresses) for p in b.ports},
        )
        for b in (one, other)
    ]
    return plain[0] == plain[1] and _settings(one) == _settings(other)


def _settings(box: Box) -> list[str]:
    """What a tooltip tells beside the sockets: dependencies, replicas."""
    return sorted(box.tooltip.splitlines()[1:])


def _same_external(one: External, other: External) -> bool:
    return (one.address, one.type, one.declared) == (other.address, other.type, other.declared)


def _edges(old: Sequence[Edge], new: Sequence[Edge]) -> tuple[Edge, ...]:
    before = {frozenset((e.tail, e.head)): e for e in old}
    after = {frozenset((e.tail, e.head)) for e in new}
    found: list[Edge] = []
    for edge in new:
        earlier = before.get(frozenset((edge.tail, edge.head)))
        if earlier is None:
            found.append(replace(edge, change=Change.ADDED))
        elif (earlier.family, earlier.payload, earlier.topics) == (edge.family, edge.payload, edge.topics):
            found.append(edge)
        else:
            found.append(replace(edge, change=Change.CHANGED))
    found += [replace(e, change=Change.REMOVED) for e in old if frozenset((e.tail, e.head)) not in after]
    return tuple(found)


def _groups(old: Sequence[Group], new: Sequence[Group]) -> tuple[Group, ...]:
    """The newer groups; what has gone stays in its old one where that still exists."""
    there = {member for group in new for member in group.members}
    gone = {g.id: [m for m in g.members if m not in there] for g in old}
    kept = [replace(g, members=(*g.members, *gone.pop(g.id, []))) for g in new]
    return (*kept, *(replace(g, members=tuple(gone[g.id])) for g in old if gone.get(g.id)))
