"""One unit's plan: launches of its instances, environment, probes, whom it waits for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias, cast

from orchestrator.model.expressions import Scope
from orchestrator.model.types import (
    ForeignProgram,
    Node,
    PeersProbe,
    PythonProgram,
    Socket,
    StockProgram,
    Topology,
)
from orchestrator.planning.environment import Environments
from orchestrator.planning.expand import Expander, has_expressions
from orchestrator.planning.instances import Cast, Instance
from orchestrator.planning.places import Places
from orchestrator.planning.promises import Promises
from orchestrator.planning.reachable import reachable
from orchestrator.planning.targets import Targets
from orchestrator.planning.types import ForeignLaunch, UnitDependency, UnitPlan
from orchestrator.span import Span
from orchestrator.vocabulary import CodecName, JsonValue, OptionValue, SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

Addresses: TypeAlias = Mapping[str, tuple[str, ...]]
"""socket -> addresses."""


class Lookup(Mapping[str, tuple[str, ...]]):
    """The sockets of a node, whose addresses are worked out when an expression asks for them."""

    def __init__(self, names: Collection[str], find: Callable[[str], tuple[str, ...]]) -> None:
        self._names = names
        self._find = find

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self._names:
            raise KeyError(name)
        return self._find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class UnitPlanner:
    """Makes the plans of one run's units."""

    def __init__(
        self,
        topology: Topology,
        everybody: Cast,
        places: Places,
        environments: Environments,
        peers: Mapping[str, tuple[SocketType, ...]],
        promises: Promises,
    ) -> None:
        self._topology = topology
        self._cast = everybody
        self._places = places
        self._targets = Targets(topology, everybody, places)
        self._environments = environments
        self._peers = peers
        self._promises = promises
        self._others = {
            name: Lookup(node.sockets, partial(self._seen, name)) for name, node in topology.nodes.items()
        }
        self._dependencies: dict[str, tuple[UnitDependency, ...]] = {}

    def unit(self, instances: Sequence[Instance], binders: tuple[str, ...]) -> UnitPlan:
        """The plan of the unit in which these instances live."""
        first = instances[0]
        node = first.node
        launches, env = [], {}
        addresses: Addresses = {}
        for instance in reversed(instances):  # the first one's variables win
            launch, addresses, expander, own = self._instance(instance)
            launches.append(launch)
            env.update(own)
        program = node.program
        foreign = None
        if isinstance(program, ForeignProgram):
            foreign = ForeignLaunch(argv=expander.texts(program.argv, program.span))
        return UnitPlan(
            unit=first.unit,
            node=node.name,
            instances=tuple(reversed(launches)),
            foreign=foreign,
            env=env,
            cwd=self._places.cwd(node),
            stdin=None if node.stdin is None else expander.text(node.stdin, node.span),
            kind=node.kind,
            expendable=node.expendable,
            depends_on=self._depends_on(instances),
            binders=binders,
            ready=expander.probe(node.ready),
            done=expander.probe(node.done),
            health=expander.probe(node.health),
            heartbeat=node.heartbeat,
            restart=node.restart,
            stop=node.stop,
            timeout_s=node.timeout_s,
            resources=node.resources,
            probe_addresses={name: reachable(known[0]) for name, known in addresses.items() if known},
            probe_types={name: socket.type for name, socket in node.sockets.items()},
            span=node.span,
        )

    def _depends_on(self, instances: Sequence[Instance]) -> tuple[UnitDependency, ...]:
        found: dict[UnitDependency, None] = {}
        nodes = dict.fromkeys(i.node.name for i in instances)
        for name in nodes:
            known = self._dependencies.get(name)
            if known is None:
                known = self._dependencies[name] = self._node_depends_on(self._topology.nodes[name])
            if len(nodes) == 1:
                return known
            found.update(dict.fromkeys(known))
        return tuple(found)

    def _node_depends_on(self, node: Node) -> tuple[UnitDependency, ...]:
        own = self._cast.units_of[node.name]
        return tuple(
            UnitDependency(unit=unit, condition=dependency.condition)
            for dependency in node.depends_on
            for unit in self._cast.units_of.get(dependency.node, ())
            if unit not in own
        )

    # ------------------------------------------------------------------ one instance

    def _instance(self, instance: Instance) -> tuple[InstanceLaunch, Addresses, Expander, dict[str, str]]:
        node = instance.node
        targets = {name: self._targets.of(instance, socket) for name, socket in node.sockets.items()}
        addresses = {
            name: (*self._places.binds(instance, socket), *self._fixed(targets[name]))
            for name, socket in node.sockets.items()
        }
        expander = Expander(self._scope(instance, addresses), self._places.cwd(node))
        params = node.params
        if params:
            params = cast("Mapping[str, JsonValue]", expander.data(cast("JsonValue", params), node.span))
        launch = InstanceLaunch(
            instance=instance.name,
            node=node.name,
            replica=instance.replica,
            target=_target(node),
            function=node.program.function if isinstance(node.program, PythonProgram) else None,
            params=params,
            sockets=tuple(
                self._socket(instance, socket, targets[name], expander)
                for name, socket in node.sockets.items()
            ),
            peers_needed=_peers_needed(node),
            on_error=node.on_error,
            dead_letter=node.dead_letter,
        )
        return launch, addresses, expander, self._environments.of(instance, expander, addresses)

    def _fixed(self, targets: tuple[ConnectTarget, ...]) -> list[str]:
        """The addresses of connects, as far as they are certain now."""
        return [a for a in map(self._address_of, targets) if a is not None]

    def _address_of(self, target: ConnectTarget) -> str | None:
        if target.address is not None:
            return target.address
        assert target.instance is not None and target.socket is not None
        return self._places.announced(target.instance, target.socket, target.index)

    def _socket(
        self, instance: Instance, socket: Socket, targets: tuple[ConnectTarget, ...], expander: Expander
    ) -> SocketLaunch:
        message = self._topology.messages.get(socket.message) if socket.message is not None else None
        return SocketLaunch(
            name=socket.name,
            type=socket.type,
            binds=self._places.binds(instance, socket),
            connects=targets,
            codec=message.codec if message is not None else socket.codec or CodecName.RAW,
            schema=message.schema if message is not None else None,
            message_type=message.type if message is not None else None,
            topics=_texts(socket.topics, expander, socket.span),
            subscribe=_texts(socket.subscribe, expander, socket.span),
            options=_options(socket, expander),
            peer_types=self._peers.get(socket.ref, ()),
            qos=self._promises.qos(socket),
            security=self._promises.security(socket),
            expected_peers=self._promises.expected.get(socket.ref, 0),
            expected_subscriptions=self._promises.subscriptions(socket),
        )

    def _scope(self, instance: Instance, addresses: Addresses) -> Scope:
        scope = self._places.scope(instance)
        if not has_expressions(instance.node):
            return scope
        return Scope(
            node=scope.node,
            replica=scope.replica,
            run_dir=scope.run_dir,
            topology=scope.topology,
            directory=scope.directory,
            sockets=addresses,
            nodes=self._others,
        )

    def _seen(self, node: str, socket: str) -> tuple[str, ...]:
        """Where others reach a socket: the bound addresses of all replicas, else where it connects."""
        found = self._topology.nodes[node].sockets[socket]
        instances = self._cast.instances_of[node]
        if found.binds:
            return tuple(reachable(a) for i in instances for a in self._places.binds(i, found))
        return tuple(dict.fromkeys(a for i in instances for a in self._fixed(self._targets.of(i, found))))


def _options(socket: Socket, expander: Expander) -> Mapping[str, OptionValue]:
    if not any(isinstance(value, str) and "${{" in value for value in socket.options.values()):
        return socket.options
    return {
        name: expander.text(value, socket.span) if isinstance(value, str) else value
        for name, value in socket.options.items()
    }


def _texts(texts: tuple[str, ...] | None, expander: Expander, span: Span) -> tuple[str, ...] | None:
    return None if texts is None else expander.texts(texts, span)


def _peers_needed(node: Node) -> Mapping[str, int]:
    kind = node.ready.kind if node.ready is not None else None
    return {kind.socket: kind.count} if isinstance(kind, PeersProbe) else {}


def _target(node: Node) -> str | None:
    match node.program:
        case PythonProgram(target=target):
            return target
        case StockProgram(name=name):
            return f"stock:{name}"
        case _:
            return None
