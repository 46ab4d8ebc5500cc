"""The outline of a file: nodes with their sockets, messages, endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.lsp.names import Index, Kind, Name, Use
from orchestrator.model.types import Topology
from orchestrator.span import Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the outline."""

    name: Name
    detail: str
    body: Span
    place: Span
    children: tuple[Entry, ...] = ()


def outline(topology: Topology, index: Index, file: str) -> list[Entry]:
    """What `file` defines; included files have outlines of their own."""
    entries = []
    sockets: dict[str | None, list[Use]] = {}
    for use in index.definitions(Kind.SOCKET):
        sockets.setdefault(use.name.node, []).append(use)
    for use in index.definitions():
        if use.name.kind is Kind.SOCKET or use.span.file != file:
            continue
        children = sockets.get(use.name.text, []) if use.name.kind is Kind.NODE else []
        entries.append(_entry(topology, index, use, tuple(_entry(topology, index, c) for c in children)))
    return sorted(entries, key=lambda entry: entry.place)


def _entry(topology: Topology, index: Index, use: Use, children: tuple[Entry, ...] = ()) -> Entry:
    return Entry(use.name, _detail(topology, use.name), index.bodies[use.name], use.span, children)


def _detail(topology: Topology, name: Name) -> str:
    match name.kind:
        case Kind.NODE:
            return str(topology.nodes[name.text].kind)
        case Kind.SOCKET:
            socket = topology.socket(name.full)
            return "" if socket is None else str(socket.type)
        case Kind.MESSAGE:
            return str(topology.messages[name.text].codec)
        case Kind.ENDPOINT:
            return topology.endpoints[name.text].address
