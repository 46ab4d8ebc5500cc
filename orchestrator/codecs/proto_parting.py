"""Whether what is written as one protobuf message can be read as another.

Source: Protocol Buffers, "Updating A Message Type" and "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.codecs.proto_text import ProtoField, ProtoFile

_GROUPS: Final = (
    frozenset({"int32", "int64", "uint32", "uint64", "bool", "enum"}),
    frozenset({"sint32", "sint64"}),
    frozenset({"fixed32", "sfixed32"}),
    frozenset({"fixed64", "sfixed64"}),
    frozenset({"string", "bytes"}),
    frozenset({"bytes", "message"}),
)
"""Types that are read for one another; a value that is too large is cut."""
_PACKED: Final = _GROUPS[0] | _GROUPS[1] | _GROUPS[2] | _GROUPS[3] | {"float", "double"}
_MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class ProtoParting:
    """One field that the reader takes for something else."""

    where: tuple[str, ...]
    """The names of the fields that lead to it."""
    fact: str
    """Half a sentence: `is field 2 there, and field 3 here`; there is the sender's."""
    strict: bool = True


def partings(ours: ProtoFile, our_type: str, theirs: ProtoFile, their_type: str) -> Iterator[ProtoParting]:
    """Where the receiver (`theirs`) misreads what the sender (`ours`) writes. Both files have their types."""
    yield from _compare(ours, our_type, theirs, their_type, (), frozenset())


def _compare(
    ours: ProtoFile,
    our_type: str,
    theirs: ProtoFile,
    their_type: str,
    where: tuple[str, ...],
    above: frozenset[tuple[str, str]],
) -> Iterator[ProtoParting]:
    if (our_type, their_type) in above or len(where) > _MAX_DEPTH:
        return
    above |= {(our_type, their_type)}
    sent, read = ours.messages[our_type], theirs.messages[their_type]
    by_number, by_name = {one.number: one for one in sent}, {one.name: one for one in sent}
    for field in read:
        place = (*where, field.name)
        mine = by_number.get(field.number)
        named = by_name.get(field.name)
        if named is not None and named.number != field.number:
            yield ProtoParting(
                place, f"is field {named.number} where it is sent, and {field.number} where it is read"
            )
        elif mine is None:
            if field.required:
                yield ProtoParting(place, "is required where it is read, and never sent")
        else:
            yield from _fields(mine, field, place)
            if mine.kind == field.kind == "message":
                yield from _compare(ours, mine.type, theirs, field.type, place, above)


def _fields(mine: ProtoField, field: ProtoField, place: tuple[str, ...]) -> Iterator[ProtoParting]:
    """Two fields of one number."""
    if "unknown" in (mine.kind, field.kind):
        return
    if not _fit(mine, field):
        fact = (
            f"(field {field.number}) is {_said(mine)} where it is sent, and {_said(field)} where it is read"
        )
        yield ProtoParting(place, fact)
    elif mine.name != field.name:
        fact = (
            f"(field {field.number}) is called `{mine.name}` where it is sent: the same number, another name"
        )
        yield ProtoParting(place, fact, strict=False)
    elif field.required and not mine.required:
        yield ProtoParting(place, "is required where it is read, and need not be sent")


def _fit(mine: ProtoField, field: ProtoField) -> bool:
    one, other = _wire(mine), _wire(field)
    if "map" in (mine.kind, field.kind):
        return mine.kind == field.kind and mine.type == field.type
    if mine.repeated is not field.repeated and (one in _PACKED or other in _PACKED):
        return False  # packed: one length-delimited field for all
    return one == other or any(one in group and other in group for group in _GROUPS)


def _wire(field: ProtoField) -> str:
    return field.type if field.kind == "scalar" else field.kind


def _said(field: ProtoField) -> str:
    kind = "" if field.kind in ("scalar", "map") else f"{field.kind} "
    return f"{'repeated ' if field.repeated else ''}{kind}{field.type}"
