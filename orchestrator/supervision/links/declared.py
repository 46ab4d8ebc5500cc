"""The links of a plan, replica by replica, with the addresses that are known by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from orchestrator.planning.reachable import reachable
from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.supervision.links.types import Declared, End
from orchestrator.transport.endpoint import ParsedEndpoint, Transport, parse_endpoint
from orchestrator.transport.reach import Reach, reach
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

Addresses = Mapping[tuple[str, str], tuple[str, ...]]
"""(instance, socket) -> the addresses that it told."""


def declared(plan: Plan, addresses: Addresses) -> tuple[Declared, ...]:
    """Every connection that the plan wants, in the order of its units."""
    bound = Bound(plan, addresses)
    return tuple(
        bound.link(_end(unit, instance, socket), target)
        for unit, instance, socket in _sockets(plan)
        for target in socket.connects
    )


class Bound:
    """Who binds what, for one plan and the addresses that are known by now."""

    def __init__(self, plan: Plan, addresses: Addresses) -> None:
        self.ends: dict[tuple[str, str], End] = {}
        """(instance, socket) -> the socket, for all that bind something."""
        self.addresses: dict[tuple[str, str], tuple[str, ...]] = {}
        """The same -> where it can be reached."""
        self._at: dict[str, list[tuple[ParsedEndpoint, End]]] = {}
        for unit, instance, socket in _sockets(plan):
            if socket.binds:
                end = self.ends[instance.instance, socket.name] = _end(unit, instance, socket)
                known = addresses.get(end.key) or tuple(a for a in socket.binds if not _is_open(a))
                self.addresses[end.key] = tuple(reachable(address) for address in known)
                for address in known:
                    self._place(address, end)

    def _place(self, address: str, end: End) -> None:
        parsed = parse_endpoint(address)
        if isinstance(parsed, ParsedEndpoint):
            self._at.setdefault(_place(parsed), []).append((parsed, end))

    def link(self, connector: End, target: ConnectTarget) -> Declared:
        """The link that one entry of `connect` stands for."""
        if target.instance is not None and target.socket is not None:
            key = (target.instance, target.socket)
            known = self.addresses.get(key, ())
            address = known[target.index] if target.index < len(known) else target.address
            return Declared(connector=connector, binder=self.ends.get(key), address=address)
        return Declared(connector=connector, binder=self._who_binds(target.address), address=target.address)

    def _who_binds(self, address: str | None) -> End | None:
        parsed = parse_endpoint(address or "")
        if not isinstance(parsed, ParsedEndpoint):
            return None
        near = self._at.get(_place(parsed), ())
        return next((end for bind, end in near if reach(parsed, bind) is Reach.YES), None)


def _place(parsed: ParsedEndpoint) -> str:
    if parsed.transport is Transport.TCP:
        return f"tcp:{parsed.port}"
    return f"{parsed.transport}:{parsed.path}"


def _is_open(address: str) -> bool:
    parsed = parse_endpoint(address)
    return isinstance(parsed, ParsedEndpoint) and parsed.is_wildcard


def _sockets(plan: Plan) -> Iterator[tuple[UnitPlan, InstanceLaunch, SocketLaunch]]:
    for unit in plan.units:
        for instance in unit.instances:
            for socket in instance.sockets:
                yield unit, instance, socket


def _end(unit: UnitPlan, instance: InstanceLaunch, socket: SocketLaunch) -> End:
    return End(unit=unit.unit, instance=instance.instance, socket=socket.name, type=socket.type)
