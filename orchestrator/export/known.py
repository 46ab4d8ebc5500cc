"""What of `${{ … }}` and of addresses is known before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from orchestrator.errors import OrchestratorError
from orchestrator.model.expressions import Malformed, Reference, Scope, evaluate, has_expression, parse
from orchestrator.model.sites import AUTO, RUN_DIR
from orchestrator.model.types import Address, Node, Socket, Topology
from orchestrator.planning.instances import Instance, cast
from orchestrator.planning.places import Places
from orchestrator.planning.reachable import reachable
from orchestrator.planning.targets import Targets
from orchestrator.transport.endpoint import ParsedEndpoint, parse_endpoint
from orchestrator.wire.launch import ConnectTarget

RUN_DIR_WORD: Final = "${{ run.dir }}"


class Known:
    """Answers for one topology. What only a run can tell is None, or stays as it is written."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._cast = cast(topology)
        self._places = Places(topology, run_dir=RUN_DIR, posix=True, known=(), pick_port=None)
        self._targets = Targets(topology, self._cast, self._places)

    def text(self, node: Node | None, text: str) -> str:
        """A text with every reference replaced whose value is known, and the same for all replicas.

        `node` is the one the text belongs to; None for texts of no node.
        """
        if not has_expression(text):
            return text
        parts: list[str] = []
        for piece in parse(text).pieces:
            if isinstance(piece, str):
                parts.append(piece.replace("${{", "$${{"))
                continue
            value = None if isinstance(piece, Malformed) else self._value(node, piece)
            parts.append(text[piece.start : piece.end] if value is None else value)
        return "".join(parts)

    def addresses(self, socket: Socket) -> dict[str, list[str]]:
        """Where each replica's socket really binds and connects: instance -> addresses, as far as known.

        Ports of ranges, paths per replica, and the addresses behind names. Without replicas whose
        addresses are all open.
        """
        found: dict[str, list[str]] = {}
        for instance in self._cast.instances_of[socket.node]:
            known = [*self._bound(instance, socket), *self._connected(instance, socket)]
            if known:
                found[instance.name] = [_shown(address) for address in known]
        return found

    # ------------------------------------------------------------------ references

    def _value(self, node: Node | None, reference: Reference) -> str | None:
        if reference.text == "run.dir":
            return None
        if node is None:
            topology = self._topology
            words = {"topology.name": topology.name, "topology.dir": topology.directory}
            return words.get(reference.text)
        values = {self._for(instance, reference) for instance in self._cast.instances_of[node.name]}
        return values.pop() if len(values) == 1 else None

    def _for(self, instance: Instance, reference: Reference) -> str | None:
        own = self._places.scope(instance)
        scope = own
        if reference.socket is not None:
            owner, name, _ = reference.socket
            node = instance.node if owner is None else self._topology.nodes.get(owner)
            socket = None if node is None else node.sockets.get(name)
            addresses = None if socket is None else self._asked(instance, socket, own=owner is None)
            if addresses is None:
                return None
            asked = {name: addresses}
            scope = Scope(
                node=own.node,
                replica=own.replica,
                run_dir=own.run_dir,
                topology=own.topology,
                directory=own.directory,
                sockets=asked if owner is None else {},
                nodes={} if owner is None else {owner: asked},
            )
        try:
            return evaluate(f"${{{{ {reference.text} }}}}", scope)
        except OrchestratorError:
            return None

    def _asked(self, instance: Instance, socket: Socket, *, own: bool) -> Sequence[str] | None:
        """What a reference to a socket means for an instance; None where a part of it is open."""
        if own:
            if self._is_open(instance, socket):
                return None
            return [_shown(a) for a in (*self._bound(instance, socket), *self._connected(instance, socket))]
        owners = self._cast.instances_of[socket.node]
        if any(self._is_open(owner, socket) for owner in owners):
            return None
        if socket.binds:
            return [_shown(reachable(a)) for owner in owners for a in self._bound(owner, socket)]
        return list(dict.fromkeys(_shown(a) for o in owners for a in self._connected(o, socket)))

    # ------------------------------------------------------------------ addresses

    def _is_open(self, instance: Instance, socket: Socket) -> bool:
        if len(self._bound(instance, socket)) < len(socket.binds):
            return True
        try:
            targets = self._targets.of(instance, socket)
        except OrchestratorError:
            return True
        return len(self._connected(instance, socket)) < len(targets)

    def _bound(self, instance: Instance, socket: Socket) -> list[str]:
        """The addresses of `bind` that are certain."""
        try:
            return [a for a in self._places.binds(instance, socket) if self._is_certain(a)]
        except OrchestratorError:
            return []

    def _connected(self, instance: Instance, socket: Socket) -> list[str]:
        """The addresses of `connect` that are certain."""
        try:
            found = [self._address_of(target) for target in self._targets.of(instance, socket)]
        except OrchestratorError:
            return []
        return [address for address in found if address is not None and self._is_certain(address)]

    def _address_of(self, target: ConnectTarget) -> str | None:
        if target.address is not None:
            return target.address
        assert target.instance is not None and target.socket is not None
        return self._places.announced(target.instance, target.socket, target.index)

    def _is_certain(self, address: str) -> bool:
        """Whether nothing in it is left to the system or to the orchestrator."""
        parsed = parse_endpoint(address)
        certain = isinstance(parsed, ParsedEndpoint) and not parsed.is_wildcard
        return certain and address not in self._chosen

    @cached_property
    def _chosen(self) -> frozenset[str]:
        """The addresses that `auto` stands for, here and in this run alone."""
        return frozenset(
            address
            for socket in self._topology.sockets()
            if any(self._is_auto(entry) for entry in socket.binds)
            for instance in self._cast.instances_of[socket.node]
            for entry, address in self._pairs(instance, socket)
            if self._is_auto(entry)
        )

    def _pairs(self, instance: Instance, socket: Socket) -> list[tuple[Address, str]]:
        try:
            return list(zip(socket.binds, self._places.binds(instance, socket), strict=True))
        except OrchestratorError:
            return []

    def _is_auto(self, entry: Address) -> bool:
        endpoint = self._topology.endpoints.get(entry.text)
        return (entry.text if endpoint is None else endpoint.address) == AUTO


def _shown(address: str) -> str:
    return address.replace(RUN_DIR, RUN_DIR_WORD)
