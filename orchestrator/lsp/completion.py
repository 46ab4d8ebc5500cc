"""Which words fit where the cursor stands.

Looks at the text alone for the place: a file that is being written is seldom valid YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.lsp.names import Kind
from orchestrator.model.expressions import FACETS, WORDS
from orchestrator.model.types import Socket, Topology
from orchestrator.transport.compatibility import compatible
from orchestrator.transport.options_table import OPTIONS
from orchestrator.vocabulary import CodecName, NodeKind, SocketType

_KEY: Final = re.compile(r"[ \t]*(?:-[ \t]+)?[\"']?([\w-]+)[\"']?[ \t]*:(?=[ \t]|$)")
_BEFORE_BRACKET: Final = re.compile(r"([\w-]+)[\"']?[ \t]*:[ \t]*$")
_BEGINNING: Final = re.compile(r"[ \t]*[\"']?[\w./:*@-]*")
_MAPPINGS: Final = ("depends_on", "options")
"""Keys below which names stand as keys."""
_OPEN: Final = re.compile(r"(?<!\$)\$\{\{(?:(?!\}\}).)*$")
_WORD: Final = re.compile(r"[\w./:*@-]*$")
_TYPE: Final = re.compile(r"\btype[ \t]*:[ \t]*[\"']?([A-Z]+)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One word to choose from. `typed` is how many characters before the cursor it replaces."""

    text: str
    detail: str
    kind: Kind | None
    typed: int
    rank: int = 0
    """Smaller comes first."""


def complete(topology: Topology | None, lines: list[str], line: int, column: int) -> list[Candidate]:
    """The words that fit at a position (from 0). Empty where the schema's own completion is at home."""
    before = lines[line][:column] if line < len(lines) else ""
    expression = _OPEN.search(before)
    if expression:
        return list(_expressions(topology, before, _node_above(lines, line)))
    key = _key_at(lines, line, before)
    typed = len(_WORD.search(before)[0])  # type: ignore[index]  # matches the empty word at least
    return list(_values(topology, key, typed, lines, line))


def _values(
    topology: Topology | None, key: str | None, typed: int, lines: list[str], line: int
) -> Iterator[Candidate]:
    match key:
        case "type":
            yield from (Candidate(t.value, "socket type", None, typed) for t in SocketType)
        case "codec":
            yield from (Candidate(c.value, "codec", None, typed) for c in CodecName)
        case "kind":
            yield from (Candidate(k.value, "kind of node", None, typed) for k in NodeKind)
        case "use":
            yield from _stock(typed)
        case "options":
            yield from (
                Candidate(o.name, o.unit or o.kind.value, None, typed) for o in OPTIONS.values() if o.settable
            )
        case "connect" | "bind" if topology is not None:
            yield from _addresses(topology, key, typed, _type_near(lines, line), _node_above(lines, line))
        case "message" if topology is not None:
            yield from (
                Candidate(m.name, f"message, {m.codec}", Kind.MESSAGE, typed)
                for m in topology.messages.values()
            )
        case "dead_letter" if topology is not None:
            node = topology.nodes.get(_node_above(lines, line) or "")
            sending = [s for s in node.sockets.values() if s.type.sends] if node is not None else []
            yield from (Candidate(s.name, s.type, Kind.SOCKET, typed) for s in sending)
        case "depends_on" | "allow" if topology is not None:
            own = _node_above(lines, line)
            yield from (Candidate(n, "node", Kind.NODE, typed) for n in topology.nodes if n != own)


def _addresses(
    topology: Topology, key: str, typed: int, own: SocketType | None, node: str | None
) -> Iterator[Candidate]:
    if key == "bind":
        yield Candidate("auto", "the orchestrator chooses the address", None, typed)
    else:
        for socket in topology.sockets():
            if socket.binds and socket.node != node:
                fits = own is None or compatible(own, socket.type)
                yield Candidate(socket.ref, _about(socket), Kind.SOCKET, typed, rank=0 if fits else 2)
    for endpoint in topology.endpoints.values():
        yield Candidate(endpoint.name, f"endpoint, {endpoint.address}", Kind.ENDPOINT, typed, rank=1)


def _about(socket: Socket) -> str:
    what = f", {socket.message}" if socket.message else ""
    return f"{socket.type}{what}, binds {', '.join(a.text for a in socket.binds)}"


def _expressions(topology: Topology | None, before: str, node: str | None) -> Iterator[Candidate]:
    found = re.search(r"[\w.-]*$", before)
    assert found is not None
    typed = len(found[0])
    for word in WORDS:
        yield Candidate(word, "", None, typed)
    if topology is None:
        return
    for socket in topology.sockets():
        for facet in FACETS:
            if socket.node == node:
                yield Candidate(f"sockets.{socket.name}.{facet}", str(socket.type), Kind.SOCKET, typed)
            else:
                text = f"nodes.{socket.node}.sockets.{socket.name}.{facet}"
                yield Candidate(text, str(socket.type), Kind.SOCKET, typed, rank=1)


def _stock(typed: int) -> Iterator[Candidate]:
    from orchestrator.sdk.catalogue import catalogue
    from orchestrator.sdk.errors import TargetError

    try:
        found = catalogue()
    except TargetError:
        return  # a broken package: validate says so
    yield from (Candidate(info.name, info.summary, None, typed) for info in found.values())


# -- where the cursor stands


def _key_at(lines: list[str], line: int, before: str) -> str | None:
    """The key whose value is being written: on this line, or above it for the items of a block."""
    bracket, rest = _innermost(before)
    own = _KEY.match(rest)
    if own is not None:
        return own[1] if _BEGINNING.fullmatch(rest, own.end()) else None
    if not _BEGINNING.fullmatch(rest):
        return None  # behind a finished value
    if bracket is not None:
        outer = _BEFORE_BRACKET.search(before, 0, bracket)
        return outer[1] if outer and (before[bracket] == "[" or outer[1] in _MAPPINGS) else None
    above = _key_above(lines, line, before)
    return above if rest.lstrip() != before.lstrip() or above in _MAPPINGS else None


def _innermost(before: str) -> tuple[int | None, str]:
    """Where the innermost open bracket stands, and what stands behind it or behind its last comma.

    Outside of brackets: what stands behind the dash of an item.
    """
    closed = 0
    comma: int | None = None
    for at in range(len(before) - 1, -1, -1):
        character = before[at]
        if character in "]}":
            closed += 1
        elif character in "[{" and closed:
            closed -= 1
        elif character in "[{":
            return at, before[(at if comma is None else comma) + 1 :]
        elif character == "," and not closed and comma is None:
            comma = at
    return None, re.sub(r"^[ \t]*-(?:[ \t]+|$)", "", before)


def _key_above(lines: list[str], line: int, before: str) -> str | None:
    """The key that the block begins with in which the line is an item or an entry."""
    indent = len(before) - len(before.lstrip())
    is_item = before.lstrip().startswith("-")
    for text in reversed(lines[:line]):
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        depth = len(text) - len(text.lstrip())
        if depth < indent or (is_item and depth == indent and not text.lstrip().startswith("-")):
            found = _KEY.search(text)
            return found[1] if found and text.rstrip().endswith(":") else None
    return None


def _type_near(lines: list[str], line: int) -> SocketType | None:
    """The type of the socket that is being written, on this line or its neighbours of the same block."""
    indent = len(lines[line]) - len(lines[line].lstrip())
    for step in (0, -1, 1, -2, 2, -3, 3):
        at = line + step
        if 0 <= at < len(lines) and (step == 0 or len(lines[at]) - len(lines[at].lstrip()) == indent):
            found = _TYPE.search(lines[at])
            if found and (step == 0 or "{" not in lines[at]) and found[1] in SocketType.__members__:
                return SocketType(found[1])
    return None


def _node_above(lines: list[str], line: int) -> str | None:
    """The node whose block the line stands in, by indentation."""
    depth: int | None = None
    name: str | None = None
    for at in range(min(line, len(lines) - 1), -1, -1):
        text = lines[at]
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        indent = len(text) - len(text.lstrip())
        if depth is None or indent < depth:
            depth = indent
            key = _KEY.search(text)
            if indent == 0:
                return name if key and key[1] == "nodes" else None
            name = key[1] if key else None
    return None
