"""One entry of `bind` or `connect`, followed to the addresses it means: names, replicas, `${{ … }}`.

Static: what only a run can tell (the address of another socket, a port the system chooses) stays open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from orchestrator.model.expressions import Malformed, Reference, parse
from orchestrator.model.types import Address, Endpoint, Node, Socket, Topology
from orchestrator.span import Span
from orchestrator.transport.endpoint import (
    MAX_PORT,
    EndpointProblem,
    Parsed,
    ParsedEndpoint,
    ProblemKind,
    Transport,
    parse_endpoint,
)

AUTO: Final = "auto"
RUN_DIR: Final = "/tmp/orchestrator-1000/0123456789ab"
"""Stands in for the run's directory, which is made when the topology starts: of the usual length."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Site:
    """An address that a socket binds or connects to, for all its replicas."""

    socket: Socket
    address: Address
    """The entry as written."""
    text: str
    """The address itself, behind an endpoint's name where there is one."""
    endpoint: Endpoint | None
    """The entry of `endpoints` it was named by."""
    spots: tuple[Parsed | None, ...]
    """What it is for each replica (one element where all have the same); None where only a run can tell."""

    @property
    def span(self) -> Span:
        return self.address.span

    @property
    def first(self) -> Parsed | None:
        """What it is for the first replica."""
        return self.spots[0]

    @property
    def parsed(self) -> ParsedEndpoint | None:
        """`first`, when it is an endpoint."""
        return self.spots[0] if isinstance(self.spots[0], ParsedEndpoint) else None

    @property
    def is_auto(self) -> bool:
        return self.text == AUTO


def bind_site(topology: Topology, node: Node, socket: Socket, address: Address) -> Site:
    """Follow one entry of `bind`. With replicas a fixed port becomes a range and a path gets `-index`."""
    text, endpoint = named(topology, address.text)
    if text == AUTO:
        return Site(socket=socket, address=address, text=text, endpoint=endpoint, spots=(None,))
    if not node.numbered:
        spots: tuple[Parsed | None, ...] = (spot(topology, node, text, 0),)
    elif "replica.index" in text:
        spots = tuple(spot(topology, node, text, index) for index in range(node.replicas))
    else:
        spots = _spread(spot(topology, node, text, 0), node.replicas)
    return Site(socket=socket, address=address, text=text, endpoint=endpoint, spots=spots)


def connect_site(topology: Topology, node: Node, socket: Socket, address: Address) -> Site:
    """Follow one entry of `connect` that is no `node.socket`."""
    text, endpoint = named(topology, address.text)
    count = node.replicas if "replica.index" in text else 1
    spots = tuple(spot(topology, node, text, index) for index in range(count))
    return Site(socket=socket, address=address, text=text, endpoint=endpoint, spots=spots)


def named(topology: Topology, text: str) -> tuple[str, Endpoint | None]:
    """The address behind a name of `endpoints`; the text itself where it is no such name."""
    endpoint = topology.endpoints.get(text)
    return (text, None) if endpoint is None else (endpoint.address, endpoint)


def reference_of(text: str) -> str | None:
    """`node.socket` where the whole text is `${{ nodes.NODE.sockets.SOCKET.address }}`, else None."""
    if not text.startswith("${{"):
        return None
    pieces = parse(text).pieces
    if len(pieces) != 1 or not isinstance(pieces[0], Reference):
        return None
    wanted = pieces[0].socket
    if wanted is None or wanted[0] is None or wanted[2] not in ("address", "addresses"):
        return None
    return f"{wanted[0]}.{wanted[1]}"


def spot(topology: Topology, node: Node, text: str, replica: int) -> Parsed | None:
    """The address for one replica: ipc paths absolute, expressions replaced; None where one stays open."""
    if "${{" in text:
        expanded = _expand(topology, node, text, replica)
        if expanded is None:
            return None
        text = expanded
    parsed = parse_endpoint(text)
    if isinstance(parsed, EndpointProblem) or parsed.transport is not Transport.IPC:
        return parsed
    path = parsed.path
    if path.startswith(("@", "/")) or path == "*":
        return parsed
    return _with_path(parsed, os.path.normpath(os.path.join(working_directory(topology, node), path)))  # noqa: PTH118


def working_directory(topology: Topology, node: Node) -> str:
    """Where the node's relative paths start from."""
    if node.cwd is None:
        return topology.directory
    return node.cwd.replace("${{ run.dir }}", RUN_DIR)


def _expand(topology: Topology, node: Node, text: str, replica: int) -> str | None:
    words = {
        "node.name": node.name,
        "replica.index": str(replica),
        "run.dir": RUN_DIR,
        "topology.name": topology.name,
        "topology.dir": topology.directory,
    }
    parts: list[str] = []
    for piece in parse(text).pieces:
        value = piece if isinstance(piece, str) else _value(piece, words)
        if value is None:
            return None
        parts.append(value)
    return "".join(parts)


def _value(piece: Reference | Malformed, words: dict[str, str]) -> str | None:
    return None if isinstance(piece, Malformed) else words.get(piece.text)


def _spread(first: Parsed | None, replicas: int) -> tuple[Parsed | None, ...]:
    """One address per replica, from a text that is the same for all."""
    if not isinstance(first, ParsedEndpoint) or first.is_wildcard:
        return (first,)
    if first.port is not None:
        if first.port + replicas - 1 > MAX_PORT:
            return (_too_many(first, replicas),)
        return tuple(_with_port(first, first.port + index) for index in range(replicas))
    if first.transport is Transport.IPC:
        return tuple(_with_path(first, f"{first.path}-{index}") for index in range(replicas))
    return (first,)


def _too_many(first: ParsedEndpoint, replicas: int) -> EndpointProblem:
    assert first.port is not None
    last = first.port + replicas - 1
    return EndpointProblem(
        text=first.text,
        kind=ProblemKind.PORT_RANGE,
        reason=f"needs ports {first.port} to {last} for {replicas} replicas; ports end at {MAX_PORT}",
    )


def _with_port(parsed: ParsedEndpoint, port: int) -> ParsedEndpoint:
    if port == parsed.port:
        return parsed
    return ParsedEndpoint(
        text=parsed.text.removesuffix(str(parsed.port)) + str(port),
        transport=parsed.transport,
        host=parsed.host,
        host_kind=parsed.host_kind,
        port=port,
        source=parsed.source,
        path=parsed.path,
    )


def _with_path(parsed: ParsedEndpoint, path: str) -> ParsedEndpoint:
    return ParsedEndpoint(text=f"{parsed.transport}://{path}", transport=parsed.transport, path=path)
