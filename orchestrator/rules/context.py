"""What every rule gets: the topology and what was worked out from it, each thing once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from orchestrator.diagnostics import Related
from orchestrator.model.links import resolve
from orchestrator.model.resolution import Meeting, Resolution
from orchestrator.model.securities import SocketSecurity
from orchestrator.model.sites import Site
from orchestrator.model.types import ForeignProgram, Link, Node, Socket, Topology
from orchestrator.rules.needs import features
from orchestrator.span import NOWHERE, Span
from orchestrator.transport.option_names import canonical
from orchestrator.vocabulary import CodecName, JsonValue, Path

if TYPE_CHECKING:
    from orchestrator.codecs.proto_text import ProtoFile
    from orchestrator.graph.build import Graph
    from orchestrator.sdk.catalogue import NodeInfo
    from orchestrator.spec.schema_faults import Fault
    from orchestrator.transport.options import OptionProblem


_LONGEST_PROTO: Final = 1_000_000
"""Characters of a `.proto` file that are read."""
ZAP_ADDRESS: Final = "inproc://zeromq.zap.01"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFinding:
    """What is wrong with one option, and where it stands."""

    problem: OptionProblem
    path: Path
    owner: str | None
    """`node.socket`, or None for an option of `defaults`."""
    foreign: bool


class RuleContext:
    """One topology under examination."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._protos: dict[str, ProtoFile | None] = {}

    @cached_property
    def resolution(self) -> Resolution:
        """Every bind and connect, followed."""
        return resolve(self.topology)

    @cached_property
    def features(self) -> frozenset[str]:
        """What stands in the topology, in the words of `needs`."""
        return features(self.topology)

    @cached_property
    def securities(self) -> Mapping[str, SocketSecurity]:
        """`node.socket` -> its security, by its own word or the topology's; only where there is some."""
        if self.topology.security is None and all(s.security is None for s in self.sockets):
            return {}
        from orchestrator.model.securing import securities

        return securities(self.topology, self.resolution)

    @cached_property
    def stock(self) -> tuple[Mapping[str, NodeInfo], str | None]:
        """The stock nodes that installed packages offer by name, and what went wrong with asking for them.

        Beside it and `.proto` files rules know nothing but the topology. Loads no node's code.
        """
        from orchestrator.sdk.catalogue import catalogue
        from orchestrator.sdk.errors import TargetError

        try:
            return catalogue(), None
        except TargetError as error:
            return {}, str(error)

    @cached_property
    def graph(self) -> Graph:
        """The networkx graph. Costs 0.1 s the first time: ask only where it can matter."""
        from orchestrator.graph.build import from_topology

        return from_topology(self.topology, self.resolution.links)

    @cached_property
    def sockets(self) -> tuple[Socket, ...]:
        """All sockets, in file order."""
        return self.topology.sockets()

    @cached_property
    def option_problems(self) -> tuple[OptionFinding, ...]:
        """What is wrong with options. One of `defaults` is told once, and need not fit every socket."""
        if not any(socket.options for socket in self.sockets):
            return ()
        from orchestrator.transport.options import check_option  # its table is not loaded for nothing

        found: list[OptionFinding] = []
        defaults: set[str] = set()
        for socket in self.sockets:
            for name, value in socket.options.items():
                path = self.option_path(socket, name)
                shared = path[0] == "defaults"
                if shared and name in defaults:
                    continue
                problem = check_option(name, value, None if shared else socket.type)
                if shared:
                    defaults.add(name)
                if problem is not None:
                    owner = None if shared else socket.ref
                    found.append(
                        OptionFinding(
                            problem=problem, path=path, owner=owner, foreign=self.is_foreign(socket)
                        )
                    )
        return tuple(found)

    @cached_property
    def schema_faults(self) -> Mapping[str, tuple[Fault, ...]]:
        """What is wrong with the JSON Schemas of messages, by the message's name; only those with faults."""
        every = self.topology.messages.values()
        messages = [m for m in every if isinstance(m.schema, dict) and m.codec != CodecName.AVRO]
        if not messages:
            return {}
        from orchestrator.spec.schema_faults import faults

        found = {message.name: tuple(faults(message.schema)) for message in messages}
        return {name: told for name, told in found.items() if told}

    def proto(self, schema: JsonValue) -> ProtoFile | None:
        """A `.proto` file that a message names; None for what is none, is not there, or is not understood."""
        if not isinstance(schema, str) or not schema.endswith(".proto"):
            return None
        if schema not in self._protos:
            self._protos[schema] = _read_proto(os.path.join(self.topology.directory, schema))  # noqa: PTH118
        return self._protos[schema]

    @cached_property
    def all_sites(self) -> tuple[Site, ...]:
        """Every address that is one, whether it meets anybody or not: first the binds, then the connects."""
        return (*self.resolution.binds, *self.resolution.connects, *self.resolution.wildcards)

    @cached_property
    def lonely_nodes(self) -> tuple[Node, ...]:
        """Nodes with sockets and without a link, where there are links and every address leads somewhere."""
        if not self.resolution.is_sound or not self.resolution.meetings:
            return ()
        return tuple(
            node
            for node in self.topology.nodes.values()
            if any(s.binds or s.connects for s in node.sockets.values())
            and not any(self.resolution.of(s) or _is_asked_by_libzmq(s) for s in node.sockets.values())
        )

    @cached_property
    def unmet_sockets(self) -> tuple[Socket, ...]:
        """Bound sockets that nobody connects to, of nodes that have other links."""
        if not self.resolution.is_sound or not self.resolution.meetings:
            return ()
        lonely = {node.name for node in self.lonely_nodes}
        return tuple(
            s
            for s in self.sockets
            if s.binds and s.node not in lonely and not self.resolution.of(s) and not _is_asked_by_libzmq(s)
        )

    def node_of(self, socket: Socket) -> Node:
        """The node a socket belongs to."""
        return self.topology.nodes[socket.node]

    def is_foreign(self, socket: Socket) -> bool:
        """Whether the socket lives in a program of the user's, made by a libzmq that is not known here."""
        return isinstance(self.node_of(socket).program, ForeignProgram)

    def pairs(self) -> Iterator[tuple[Meeting, Socket, Socket]]:
        """Every meeting of two sockets of this topology: (meeting, binder, connector)."""
        for meeting in self.resolution.meetings:
            if meeting.link.binder is not None and meeting.link.connector is not None:
                yield meeting, meeting.link.binder, meeting.link.connector

    def peers(self, socket: Socket) -> Iterator[tuple[Meeting, Socket]]:
        """The sockets one socket meets, itself included where it does."""
        for meeting in self.resolution.of(socket):
            other = meeting.other(socket)
            if other is not None:
                yield meeting, other

    def option_path(self, socket: Socket, name: str) -> Path:
        """Where an option of a socket is written, under any of its names: at the socket, or in `defaults`."""
        written = next((key for key in socket.options if canonical(key) == canonical(name)), name)
        own: Path = (*socket.path, "options", written)
        place = self.topology.place
        if place(*own) not in (place(*own[:-1]), place(*socket.path)) or place(*own) == NOWHERE:
            return own
        return ("defaults", "options", written)

    def option_span(self, socket: Socket, name: str) -> Span:
        """The place of an option's value."""
        return self.topology.place(*self.option_path(socket, name))


def _read_proto(path: str) -> ProtoFile | None:
    from orchestrator.codecs.proto_text import ProtoSyntaxError, read_proto

    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return read_proto(file.read(_LONGEST_PROTO))
    except (OSError, UnicodeDecodeError, ProtoSyntaxError):
        return None  # protoc says what is wrong with it when a node starts


def _is_asked_by_libzmq(socket: Socket) -> bool:
    """Whether libzmq itself connects to it: the handler that says who may connect (RFC 27)."""
    return any(address.text == ZAP_ADDRESS for address in socket.binds)


def binds_here(link: Link) -> tuple[Related, ...]:
    """The binder's place, as a second place of a finding about a link."""
    if link.binder is not None and link.binder_span is not None:
        return (
            Related(
                f"`{link.binder.ref}` ({link.binder.type}) binds `{link.address}` here", link.binder_span
            ),
        )
    if link.endpoint is not None:
        return (Related(f"`{link.endpoint.name}` is declared here", link.endpoint.span),)
    return ()


def connects_here(link: Link) -> tuple[Related, ...]:
    """The connector's place, as a second place of a finding about a link."""
    if link.connector is None or link.connector_span is None:
        return ()
    return (Related(f"`{link.connector.ref}` ({link.connector.type}) connects here", link.connector_span),)
