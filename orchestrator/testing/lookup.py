"""Names that a test uses for sockets, looked up in a running system: values only."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestrator.errors import UsageError
from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan
from orchestrator.testing.isolation import Isolated
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, SocketLaunch

Addresses = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a name stands for."""

    launch: SocketLaunch
    """The socket, or the first of its replicas."""
    connects: tuple[str, ...]
    """What the test connects to."""
    binds: tuple[str, ...] = ()
    """What the test binds."""
    members: tuple[tuple[str, SocketLaunch], ...] = ()
    """(instance, socket) of everyone at the other end."""

    @property
    def met_types(self) -> frozenset[SocketType]:
        """The socket types at the other end."""
        return frozenset(socket.type for _, socket in self.members)


class Lookup:
    """The sockets of a run, by the names that a test has for them."""

    def __init__(self, topology: Topology, run: Isolated, addresses: Addresses) -> None:
        self._topology = topology
        self._run = run
        self._addresses = addresses
        self._sockets = _by_name(run.plan)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Where `name` can be reached. Raises UsageError for what is no socket, endpoint or address."""
        if "://" in name:
            return (self._run.moved.get(name, name),)
        endpoint = self._topology.endpoints.get(name)
        if endpoint is not None:
            return (self._run.moved.get(endpoint.address, endpoint.address),)
        if name not in self._sockets:
            gone = self._absent(name)
            if gone:
                return tuple(address for _, launch in gone for address in launch.binds)
        return self.bound(name).connects

    def bound(self, name: str) -> Found:
        """A socket that the test can connect to. Raises UsageError."""
        members = self._sockets.get(name)
        if members is None:
            raise self._unknown(name)
        known = [self._addresses.get((instance, launch.name), ()) for instance, launch in members]
        addresses = tuple(address for each in known for address in each if "inproc://" not in address)
        if not addresses:
            raise UsageError(f"{name} cannot be connected to: {_why(members)}", _instead(members[0][1]))
        return Found(launch=members[0][1], connects=addresses, members=members)

    def absent(self, name: str, wanted: SocketType | None) -> Found:
        """A socket that the test plays itself. Raises UsageError."""
        if name in self._topology.endpoints:
            return self._outside(name, wanted)
        gone = self._absent(name)
        if not gone:
            if name in self._sockets:
                node = name.partition(".")[0]
                raise UsageError(
                    f"{name} is there", f"leave its node out: orchestrator_up(…, without=[{node!r}])"
                )
            raise self._unknown(name)
        binds = tuple(address for _, launch in gone for address in launch.binds)
        connects = tuple(a for _, launch in gone for t in launch.connects for a in self._followed(t))
        return Found(
            launch=gone[0][1] if wanted is None else replace(gone[0][1], type=wanted),
            connects=connects,
            binds=binds,
            members=self._connected_to(binds),
        )

    # ------------------------------------------------------------------ inside

    def _outside(self, name: str, wanted: SocketType | None) -> Found:
        endpoint = self._topology.endpoints[name]
        address = self._run.moved.get(endpoint.address, endpoint.address)
        binders = tuple(
            (instance, launch)
            for (instance, socket), known in self._addresses.items()
            for launch in [self._sockets[f"{instance}.{socket}"][0][1]]
            if address in known
        )
        members = binders or self._connected_to((address,))
        if not members:
            raise UsageError(f"no node that runs has to do with {name}")
        kind = wanted or endpoint.type
        if kind is None:
            raise UsageError(
                f"what {name} is is not said in the topology", "say it here, for example type='REP'"
            )
        launch = replace(members[0][1], type=kind, topics=None, subscribe=None, options={})
        return Found(
            launch=launch,
            connects=(address,) if binders else (),
            binds=() if binders else (address,),
            members=members,
        )

    def _absent(self, name: str) -> list[tuple[str, SocketLaunch]]:
        node, _, socket = name.rpartition(".")
        known = self._topology.nodes.get(node)
        replicas = () if known is None else [f"{node}-{index}" for index in range(known.replicas)]
        return [
            (instance, launch)
            for (instance, named), launch in self._run.absent.items()
            if named == socket and instance in (node, *replicas)
        ]

    def _followed(self, target: ConnectTarget) -> tuple[str, ...]:
        if target.instance is None or target.socket is None:
            return () if target.address is None else (target.address,)
        known = self._addresses.get((target.instance, target.socket), ())
        return known[target.index : target.index + 1]

    def _connected_to(self, binds: tuple[str, ...]) -> tuple[tuple[str, SocketLaunch], ...]:
        return tuple(
            (instance.instance, socket)
            for unit in self._run.plan.units
            for instance in unit.instances
            for socket in instance.sockets
            for target in socket.connects
            if target.address in binds
        )

    def _unknown(self, name: str) -> UsageError:
        if self._absent(name):
            return UsageError(f"{name} is left out", f"play its part: system.stand_in({name!r})")
        near = difflib.get_close_matches(name, self._sockets, n=1)
        known = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(self._sockets) or 'none'}"
        return UsageError(f"there is no socket {name!r}", known)


def _by_name(plan: Plan) -> dict[str, tuple[tuple[str, SocketLaunch], ...]]:
    """`node.socket` (all replicas) and `node-1.socket` -> (instance, socket)."""
    found: dict[str, list[tuple[str, SocketLaunch]]] = {}
    for unit in plan.units:
        for instance in unit.instances:
            for socket in instance.sockets:
                for owner in dict.fromkeys((instance.node, instance.instance)):
                    found.setdefault(f"{owner}.{socket.name}", []).append((instance.instance, socket))
    return {name: tuple(members) for name, members in found.items()}


def _why(members: tuple[tuple[str, SocketLaunch], ...]) -> str:
    binds = [address for _, launch in members for address in launch.binds]
    if not binds:
        return "it connects and does not bind"
    return "it is inproc" if all("inproc://" in b for b in binds) else "it has not bound yet"


def _instead(launch: SocketLaunch) -> str | None:
    target = next((t for t in launch.connects if t.instance is not None), None)
    if launch.binds or target is None:
        return None
    other = f"{target.instance}.{target.socket}"
    return f"play the other end: leave its node out (without=[…]), system.stand_in({other!r})"
