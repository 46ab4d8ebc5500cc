"""What is shown beside the pointer: a node with its links, a socket with its peers. Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.lsp.names import Kind, Name
from orchestrator.model.links import links
from orchestrator.model.types import (
    Endpoint,
    ForeignProgram,
    Link,
    Message,
    Node,
    Program,
    PythonProgram,
    Socket,
    Topology,
)
from orchestrator.transport.compatibility import PATTERN_OF, peers_of


def hover(topology: Topology, name: Name) -> str | None:
    """What the topology says about a name, or None when it has no such thing."""
    match name.kind:
        case Kind.NODE:
            node = topology.nodes.get(name.text)
            return None if node is None else "\n".join(_node(topology, node))
        case Kind.SOCKET:
            socket = topology.socket(name.full)
            return None if socket is None else "\n".join(_socket(topology, socket))
        case Kind.MESSAGE:
            message = topology.messages.get(name.text)
            return None if message is None else "\n".join(_message(topology, message))
        case Kind.ENDPOINT:
            endpoint = topology.endpoints.get(name.text)
            return None if endpoint is None else "\n".join(_endpoint(topology, endpoint))


def _node(topology: Topology, node: Node) -> Iterator[str]:
    copies = f" × {node.replicas}" if node.replicas > 1 else ""
    yield f"**{node.name}**{copies}: {node.kind}, {_program(node.program)}"
    yield from _prose(node.description)
    found = [link for link in links(topology) if node.name in _nodes(link)]
    if found:
        yield ""
        for link in found:
            yield f"- {_link(link, node.name)}"


def _nodes(link: Link) -> set[str]:
    return {end.node for end in (link.binder, link.connector) if end is not None}


def _program(program: Program) -> str:
    match program:
        case PythonProgram():
            return f"`{program.target}`"
        case ForeignProgram():
            return f"`{' '.join(program.argv)}`"
        case _:
            return f"stock node `{program.name}`"


def _socket(topology: Topology, socket: Socket) -> Iterator[str]:
    pattern, peers = PATTERN_OF[socket.type], _listing(peers_of(socket.type))
    yield f"**{socket.ref}**: {socket.type} ({pattern}), talks to {peers}"
    yield from _prose(socket.description)
    yield ""
    for word, addresses in (("binds", socket.binds), ("connects to", socket.connects)):
        if addresses:
            yield f"- {word} {_listing(a.text for a in addresses)}"
    for topics, word in ((socket.topics, "topics"), (socket.subscribe, "subscribes to")):
        if topics is not None:
            yield f"- {word} {_listing(topic or '(everything)' for topic in topics)}"
    carries = socket.message or socket.codec
    if carries:
        yield f"- carries `{carries}`"
    found = [link for link in links(topology) if socket.ref in (_ref(link.binder), _ref(link.connector))]
    if found:
        yield "\npeers:\n"
        for link in found:
            yield f"- {_link(link, socket.node)}"
    else:
        yield "\nno peer"


def _ref(socket: Socket | None) -> str | None:
    return None if socket is None else socket.ref


def _link(link: Link, here: str) -> str:
    """`ticks` (PUB) ← `strategy.ticks` (SUB) × 3 at ipc://…"""
    own, other = link.binder, link.connector
    arrow = "←"
    if own is None or own.node != here:
        own, other, arrow = link.connector, link.binder, "→"
    near = "" if own is None else f"`{own.name}` ({own.type})"
    if other is not None:
        far = f"`{other.ref}` ({other.type})"
    else:
        far = f"`{link.endpoint.name}` (endpoint)" if link.endpoint is not None else "?"
    return f"{near} {arrow} {far} at `{link.address}`"


def _message(topology: Topology, message: Message) -> Iterator[str]:
    kind = f", type `{message.type}`" if message.type else ""
    yield f"**{message.name}**: {message.codec}{kind}"
    yield from _prose(message.description)
    users = [s.ref for s in topology.sockets() if s.message == message.name]
    yield f"\ntravels on {_listing(users)}" if users else "\nno socket carries it"


def _endpoint(topology: Topology, endpoint: Endpoint) -> Iterator[str]:
    kind = f" {endpoint.type}" if endpoint.type else ""
    outside = ", outside of this topology" if endpoint.external else ""
    yield f"**{endpoint.name}**:{kind} `{endpoint.address}`{outside}"
    yield from _prose(endpoint.description)
    users = [
        s.ref
        for s in topology.sockets()
        if any(address.text == endpoint.name for address in (*s.binds, *s.connects))
    ]
    yield f"\nused by {_listing(users)}" if users else "\nno socket uses it"


def _prose(description: str | None) -> Iterator[str]:
    if description:
        yield f"\n{description.strip()}"


def _listing(words: object) -> str:
    assert hasattr(words, "__iter__")
    return ", ".join(f"`{word}`" for word in words)
