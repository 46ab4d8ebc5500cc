"""The long words of a picture, shown when a pointer rests on something: several lines of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.model.types import Endpoint, Link, Node, Socket, Topology
from orchestrator.render.wording import cut_end, program_line
from orchestrator.transport.compatibility import compatible
from orchestrator.vocabulary import NodeKind

_LINE = 160


def node_tooltip(node: Node) -> str:
    """A node: what it is for, what it runs, how many there are, what it waits for, and its sockets."""
    lines = [
        f"{node.name}: {node.description}" if node.description else node.name,
        program_line(node.program),
    ]
    if node.kind is NodeKind.TASK:
        lines.append("task: runs to its end")
    if node.replicas > 1:
        least = "" if node.min_replicas is None else f", at least {node.min_replicas} must work"
        lines.append(f"{node.replicas} replicas{least}")
    if node.depends_on:
        waits = ", ".join(f"{d.node} ({d.condition})" for d in node.depends_on)
        lines.append(f"starts after {waits}")
    lines.extend(_socket_line(socket) for socket in node.sockets.values())
    return _joined(lines)


def endpoint_tooltip(endpoint: Endpoint) -> str:
    """An external endpoint: its name, type, whole address and description."""
    kind = f" ({endpoint.type})" if endpoint.type else ""
    name = f"{endpoint.name}{kind}: {endpoint.address}"
    return _joined([name, *([endpoint.description] if endpoint.description else [])])


def link_tooltip(links: Sequence[Link], topology: Topology) -> str:
    """One edge, which may stand for several links: who binds where, who connects, what travels."""
    first = links[0]
    ends = [s for s in (first.connector, first.binder) if s]
    meetings: dict[str, dict[str, None]] = {}
    for link in links:
        who = f"{_end(link.connector, link.endpoint)} connects to {_end(link.binder, link.endpoint)}"
        meetings.setdefault(who, {})[link.address] = None
    lines = [line for who, places in meetings.items() for line in (who, f"at {', '.join(places)}")]
    if len(ends) == 2 and not compatible(ends[0].type, ends[1].type):
        lines.append(f"{ends[0].type} and {ends[1].type} cannot talk to each other")
    lines.extend(_message_lines(ends, topology))
    lines.extend(
        f"{s.ref} {word}: {', '.join(map(repr, values))}"
        for s in ends
        for word, values in (("sends topics", s.topics), ("subscribes to", s.subscribe))
        if values
    )
    return _joined(lines)


def stray_tooltip(address: str) -> str:
    """An address that stands under `connect` and that no node binds."""
    return f"{address}\nno node of this topology binds it, and no external endpoint has it"


def _socket_line(socket: Socket) -> str:
    parts = [f"{socket.type} {socket.name}"]
    if socket.binds:
        parts.append("binds " + ", ".join(a.text for a in socket.binds))
    if socket.connects:
        parts.append("connects to " + ", ".join(a.text for a in socket.connects))
    line = ", ".join(parts)
    return f"{line}: {socket.description}" if socket.description else line


def _end(socket: Socket | None, endpoint: Endpoint | None) -> str:
    if socket is not None:
        return f"{socket.ref} ({socket.type})"
    if endpoint is None:
        return "an unknown peer"
    return f"{endpoint.name} ({endpoint.type})" if endpoint.type else endpoint.name


def _message_lines(ends: Iterable[Socket], topology: Topology) -> Iterable[str]:
    for name in dict.fromkeys(s.message for s in ends if s.message):
        message = topology.messages.get(name)
        if message is None:
            continue
        what = f"{name} ({message.codec})"
        yield f"carries {what}: {message.description}" if message.description else f"carries {what}"


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(cut_end(line, _LINE) for line in lines)
