"""Views of a picture: part of it, or with its boxes grouped. Each is a function from Picture to Picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from orchestrator.errors import UsageError
from orchestrator.render.compose import legend_of
from orchestrator.render.picture import Box, Edge, Group, Picture
from orchestrator.render.wording import NAME_LENGTH, cut
from orchestrator.vocabulary import SocketType

LABEL = "label:"
"""`--group label:KEY`."""


def focused(picture: Picture, names: Collection[str], depth: int) -> Picture:
    """The named nodes, and what is at most `depth` links away from one of them.

    Raises UsageError for a name that no node and no endpoint has.
    """
    reached = {_id_of(picture, name) for name in names}
    for _ in range(depth):
        near = {edge.head.id for edge in picture.edges if edge.tail.id in reached}
        near |= {edge.tail.id for edge in picture.edges if edge.head.id in reached}
        reached |= near
    left_out = picture.shapes - len(reached)
    note = f"only what is within {depth} link{'s' * (depth != 1)} of {', '.join(names)}"
    return _only(picture, reached, f"{note}; {left_out} more nodes are not shown" if left_out else None)


def hidden(picture: Picture, words: Collection[str]) -> Picture:
    """Without these nodes, and without the sockets (and their links) of these types.

    Raises UsageError for a word that is neither.
    """
    types = {word.upper() for word in words if word.upper() in SocketType.__members__}
    names = [word for word in words if word.upper() not in types]
    gone = {_id_of(picture, name) for name in names}
    kept = ({box.id for box in picture.boxes} | {e.id for e in picture.externals}) - gone
    types_of = {(box.id, port.name): port.type.value for box in picture.boxes for port in box.ports}
    edges = tuple(
        e
        for e in picture.edges
        if not types & {types_of.get((end.id, end.port or ""), "") for end in (e.tail, e.head)}
    )
    boxes = tuple(
        replace(box, ports=tuple(p for p in box.ports if p.type.value not in types)) for box in picture.boxes
    )
    note = f"without {', '.join(words)}" if words else None
    return _only(replace(picture, boxes=boxes, edges=edges), kept, note)


def grouped(picture: Picture, by: str) -> Picture:
    """Frames around boxes that belong together: by `process`, `host`, `label:KEY`, or `none`.

    Raises UsageError for another word, and for a label that no node has.
    """
    key = _key(picture, by)
    members: dict[str, list[str]] = {}
    for box in picture.boxes:
        word = key(box)
        if word is not None:
            members.setdefault(word, []).append(box.id)
    kind = by.removeprefix(LABEL)
    groups = tuple(
        Group(id=f"{kind} {word}", title=f"{kind} {cut(word, NAME_LENGTH)}", members=tuple(ids))
        for word, ids in members.items()
    )
    return replace(picture, groups=groups)


def _key(picture: Picture, by: str) -> Callable[[Box], str | None]:
    if by == "none":
        return lambda _: None
    if by == "process":
        return lambda box: box.process
    if by == "host":
        return lambda box: box.labels.get("host", box.host)
    if not by.startswith(LABEL) or by == LABEL:
        raise UsageError(f"`{by}` is nothing to group by", "use process, host, none, or label:KEY")
    label = by.removeprefix(LABEL)
    known = sorted({name for box in picture.boxes for name in box.labels})
    if label not in known:
        there = f"labels are {', '.join(known)}" if known else "no node has `labels`"
        raise UsageError(f"no node has the label `{label}`", there)
    return lambda box: box.labels.get(label)


def _id_of(picture: Picture, name: str) -> str:
    """The id of a node or an external by its name."""
    for box in picture.boxes:
        if box.id == name:
            return box.id
    for external in picture.externals:
        if name in (external.title, external.id):
            return external.id
    from difflib import get_close_matches

    known = [box.id for box in picture.boxes] + [e.title for e in picture.externals]
    near = get_close_matches(name, known, n=1)
    remedy = f"did you mean `{near[0]}`?" if near else "name a node or an endpoint of the file"
    raise UsageError(f"the picture has no `{name}`", remedy)


def _only(picture: Picture, ids: Collection[str], note: str | None) -> Picture:
    """The part of a picture that these shapes make up."""
    boxes = tuple(box for box in picture.boxes if box.id in ids)
    externals = tuple(external for external in picture.externals if external.id in ids)
    edges = tuple(e for e in picture.edges if e.tail.id in ids and e.head.id in ids)
    return replace(
        picture,
        boxes=boxes,
        externals=externals,
        edges=edges,
        groups=_groups(picture.groups, ids),
        legend=legend_of(boxes, externals, edges),
        note=noted(picture.note, note),
    )


def _groups(groups: Iterable[Group], ids: Collection[str]) -> tuple[Group, ...]:
    kept = (replace(g, members=tuple(m for m in g.members if m in ids)) for g in groups)
    return tuple(group for group in kept if group.members)


def noted(*notes: str | None) -> str | None:
    """Notes as one."""
    return "; ".join(note for note in notes if note) or None


def renamed(edge: Edge, names: Mapping[str, str]) -> tuple[str, str]:
    """The ids of an edge's ends once shapes stand for others."""
    return names.get(edge.tail.id, edge.tail.id), names.get(edge.head.id, edge.head.id)
