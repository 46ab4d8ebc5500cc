"""The plan of a run under test: every fixed address moved, and the nodes left out whose part the test plays.

Values in, values out; the ports come from outside.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar, cast

from orchestrator.model.types import ExecProbe, FileProbe, Health, Probe, ProbeKind, TcpProbe
from orchestrator.planning.types import ForeignLaunch, Plan, UnitPlan
from orchestrator.testing.moves import Moves, Words
from orchestrator.transport.endpoint import ParsedEndpoint, Transport, parse_endpoint
from orchestrator.vocabulary import JsonValue
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch

_P = TypeVar("_P", Probe, Health)
Key = tuple[str, str]
"""(instance, socket)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Isolated:
    """What becomes of a plan."""

    plan: Plan
    absent: Mapping[Key, SocketLaunch]
    """The sockets of the nodes that were left out, with the addresses at which the test can stand in."""
    moved: Mapping[str, str]
    """Address as the topology has it -> where it is in this run."""


def isolated(
    plan: Plan,
    *,
    pick_port: Callable[[], int],
    without: Collection[str] = (),
    keep: Collection[str] | None = (),
) -> Isolated:
    """The plan on addresses of its own: free ports of 127.0.0.1, ipc paths in the run's directory.

    `without` are nodes that are not started. `keep` are addresses that stay as they are; None keeps all.
    """
    moves = Moves(plan.run_dir, pick_port, keep or ())
    if keep is not None:
        _tell(moves, plan)
    words = Words(moves)
    leaving = {i.instance for u in plan.units for i in u.instances if i.node in without}
    absent = _absent(plan, leaving, moves.new, pick_port)
    gone = {key: launch.binds for key, launch in absent.items()}
    return Isolated(
        plan=_remaining(plan, leaving, _Rewriter(moves, words, gone)),
        absent=absent,
        moved=moves.new,
    )


def _tell(moves: Moves, plan: Plan) -> None:
    """All addresses of the plan: binds first, because connects follow them."""
    for unit, _, socket in _sockets(plan):
        for address in socket.binds:
            moves.bind(address, host_stays=not unit.is_python)
    for _, _, socket in _sockets(plan):
        for target in socket.connects:
            if target.address is not None:
                moves.connect(target.address)
    for unit in plan.units:
        for probe in (unit.ready, unit.done, unit.health):
            if probe is not None and isinstance(probe.kind, TcpProbe):
                for text in probe.kind.targets:
                    if text.isdecimal():
                        moves.port(int(text))


def _sockets(plan: Plan) -> Iterator[tuple[UnitPlan, InstanceLaunch, SocketLaunch]]:
    for unit in plan.units:
        for instance in unit.instances:
            for socket in instance.sockets:
                yield unit, instance, socket


# ---------------------------------------------------------------------- nodes that are left out


def _absent(
    plan: Plan, leaving: Collection[str], new: Mapping[str, str], pick_port: Callable[[], int]
) -> dict[Key, SocketLaunch]:
    found = {}
    for _, instance, socket in _sockets(plan):
        if instance.instance in leaving:
            binds = tuple(_certain(new.get(address, address), pick_port) for address in socket.binds)
            found[instance.instance, socket.name] = dataclasses.replace(
                socket, binds=binds, connects=tuple(_followed(target, new) for target in socket.connects)
            )
    return found


def _certain(address: str, pick_port: Callable[[], int]) -> str:
    """The address with a port in place of a wildcard: nobody is going to report one."""
    parsed = parse_endpoint(address)
    if isinstance(parsed, ParsedEndpoint) and parsed.wildcard_port and parsed.transport is Transport.TCP:
        return f"tcp://127.0.0.1:{pick_port()}"
    return address


def _followed(target: ConnectTarget, new: Mapping[str, str]) -> ConnectTarget:
    if target.address is None or target.address not in new:
        return target
    return dataclasses.replace(target, address=new[target.address])


def _remaining(plan: Plan, leaving: Collection[str], rewriter: _Rewriter) -> Plan:
    units = {u.unit: tuple(i for i in u.instances if i.instance not in leaving) for u in plan.units}
    stay = {unit for unit, instances in units.items() if instances}
    kept = []
    for unit in plan.units:
        if unit.unit in stay:
            less = dataclasses.replace(
                unit,
                instances=units[unit.unit],
                depends_on=tuple(d for d in unit.depends_on if d.unit in stay),
                binders=tuple(b for b in unit.binders if b in stay),
            )
            kept.append(rewriter.unit(less))
    nodes = {i.node for unit in kept for i in unit.instances}
    return dataclasses.replace(
        plan, units=tuple(kept), nodes=tuple(node for node in plan.nodes if node.node in nodes)
    )


# ---------------------------------------------------------------------- everything else moves


class _Rewriter:
    """Puts new addresses in place of old ones, wherever a unit's plan may hold one."""

    def __init__(self, moves: Moves, words: Words, gone: Mapping[Key, tuple[str, ...]]) -> None:
        self._new = moves.new
        self._text = words.replaced
        self._gone = gone

    def unit(self, unit: UnitPlan) -> UnitPlan:
        text = self._text
        foreign = unit.foreign
        return dataclasses.replace(
            unit,
            instances=tuple(self._instance(instance) for instance in unit.instances),
            foreign=None if foreign is None else ForeignLaunch(argv=tuple(text(a) for a in foreign.argv)),
            env={name: text(value) for name, value in unit.env.items()},
            stdin=None if unit.stdin is None else text(unit.stdin),
            ready=self._probe(unit.ready),
            done=self._probe(unit.done),
            health=self._probe(unit.health),
            probe_addresses={name: text(address) for name, address in unit.probe_addresses.items()},
        )

    def _instance(self, instance: InstanceLaunch) -> InstanceLaunch:
        params = cast("dict[str, JsonValue]", self._data(cast("JsonValue", instance.params)))
        sockets = tuple(self._socket(socket) for socket in instance.sockets)
        return dataclasses.replace(instance, params=params, sockets=sockets)

    def _socket(self, socket: SocketLaunch) -> SocketLaunch:
        return dataclasses.replace(
            socket,
            binds=tuple(self._new.get(address, address) for address in socket.binds),
            connects=tuple(self._target(target) for target in socket.connects),
        )

    def _target(self, target: ConnectTarget) -> ConnectTarget:
        key = (target.instance or "", target.socket or "")
        if key in self._gone:
            return ConnectTarget(address=self._gone[key][target.index])
        return _followed(target, self._new)

    def _probe(self, probe: _P | None) -> _P | None:
        return None if probe is None else dataclasses.replace(probe, kind=self._kind(probe.kind))

    def _kind(self, kind: ProbeKind) -> ProbeKind:
        match kind:
            case TcpProbe(targets=targets):
                return TcpProbe(targets=tuple(self._text(target) for target in targets))
            case ExecProbe(argv=argv):
                return ExecProbe(argv=tuple(self._text(argument) for argument in argv))
            case FileProbe(path=path):
                return FileProbe(path=self._text(path))
            case _:
                return kind

    def _data(self, value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._data(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self._data(item) for name, item in value.items()}
        return value
