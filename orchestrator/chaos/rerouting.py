"""Which connections of a plan can be disturbed, and the plan in which they lead through forwarders. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.chaos.building import comes_from
from orchestrator.chaos.types import Across, Cut, Delay, Experiment, Hold, Throttle
from orchestrator.errors import RunError
from orchestrator.model.types import Link
from orchestrator.planning.types import ForeignLaunch, Plan, UnitPlan
from orchestrator.transport.endpoint import ParsedEndpoint, Transport, parse_endpoint
from orchestrator.transport.reach import Reach, reach
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch

FORWARDED: Final = (Transport.TCP, Transport.IPC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One address that one socket of one instance connects to."""

    instance: str
    node: str
    socket: str
    index: int
    """Which of its connects."""
    target: ConnectTarget
    leads_to: str
    """`node.socket`, or the endpoint's name."""
    transport: Transport

    @property
    def told(self) -> str:
        """`worker-1.results → sink.results`."""
        other = f"{self.target.instance}.{self.target.socket}" if self.target.instance else self.leads_to
        return f"{self.instance}.{self.socket} → {other}"

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is known by within a plan."""
        return self.instance, self.socket, self.index


def passages(plan: Plan, links: Iterable[Link], experiment: Experiment) -> tuple[Passage, ...]:
    """Every connection that some fault of the experiment is aimed at, each once."""
    wanted = [
        fault.what.across
        for fault in experiment.faults
        if isinstance(fault.what, Cut | Hold | Delay | Throttle)
    ]
    if not wanted:
        return ()
    found = _Finder(plan, tuple(links)).all()
    return tuple(passage for passage in found if any(concerns(across, passage) for across in wanted))


def concerns(across: Across, passage: Passage) -> bool:
    """Whether a fault is aimed at a connection."""
    ends = (None, passage.node, f"{passage.node}.{passage.socket}")
    return passage.leads_to == across.link and across.source in ends


class _Finder:
    """Holds the connects of a plan against the links of its topology."""

    def __init__(self, plan: Plan, links: tuple[Link, ...]) -> None:
        self._links = links
        self._instances = [instance for unit in plan.units for instance in unit.instances]
        self._node = {instance.instance: instance.node for instance in self._instances}
        self._launch = {(i.instance, s.name): s for i in self._instances for s in i.sockets}

    def all(self) -> Iterator[Passage]:
        for instance in self._instances:
            for socket in instance.sockets:
                ref = f"{instance.node}.{socket.name}"
                links = [link for link in self._links if comes_from(link, ref)]
                for index, target in enumerate(socket.connects):
                    found = self._end(target, links)
                    if found is not None:
                        name, transport = found
                        yield Passage(
                            instance=instance.instance,
                            node=instance.node,
                            socket=socket.name,
                            index=index,
                            target=target,
                            leads_to=name,
                            transport=transport,
                        )

    def _end(self, target: ConnectTarget, links: list[Link]) -> tuple[str, Transport] | None:
        """Where a connect leads, by the name of the link's other end; None where no forwarder can stand."""
        for link in links:
            address = self._address(target, link)
            parsed = None if address is None else parse_endpoint(address)
            if isinstance(parsed, ParsedEndpoint):
                if parsed.transport not in FORWARDED:
                    return None
                other = link.binder.ref if link.binder else link.endpoint.name if link.endpoint else ""
                return other, parsed.transport
        return None

    def _address(self, target: ConnectTarget, link: Link) -> str | None:
        """The target's address, or the one that its binder is to bind, where it is an end of this link."""
        binder = link.binder
        if binder is None:
            return target.address if target.address == link.address else None
        if target.address is None:
            launch = self._launch.get((target.instance or "", target.socket or ""))
            ours = self._node.get(target.instance or "") == binder.node and target.socket == binder.name
            return launch.binds[target.index] if ours and launch is not None else None
        met = any(
            _meets(target.address, address)
            for (instance, socket), launch in self._launch.items()
            if socket == binder.name and self._node[instance] == binder.node
            for address in launch.binds
        )
        return target.address if met else None


def _meets(connect: str, bind: str) -> bool:
    one, other = parse_endpoint(connect), parse_endpoint(bind)
    if not isinstance(one, ParsedEndpoint) or not isinstance(other, ParsedEndpoint):
        return False
    return connect == bind or reach(one, other) is not Reach.NO


# ---------------------------------------------------------------------- the other plan


def rerouted(plan: Plan, through: Mapping[tuple[str, str, int], str]) -> Plan:
    """The plan in which passages (by key) connect to the addresses of their forwarders.

    Raises RunError for a foreign program that is not told the address that it connects to.
    """
    return replace(plan, units=tuple(_unit(unit, through) for unit in plan.units))


def _unit(unit: UnitPlan, through: Mapping[tuple[str, str, int], str]) -> UnitPlan:
    mine = {i.instance for i in unit.instances}
    if not any(instance in mine for instance, _, _ in through):
        return unit
    rewritten = replace(unit, instances=tuple(_instance(i, through) for i in unit.instances))
    return rewritten if unit.foreign is None else _foreign(unit, rewritten, unit.foreign, through)


def _instance(instance: InstanceLaunch, through: Mapping[tuple[str, str, int], str]) -> InstanceLaunch:
    sockets = []
    for socket in instance.sockets:
        connects = tuple(
            ConnectTarget(address=new)
            if (new := through.get((instance.instance, socket.name, i)))
            else target
            for i, target in enumerate(socket.connects)
        )
        sockets.append(replace(socket, connects=connects))
    return replace(instance, sockets=tuple(sockets))


def _foreign(
    unit: UnitPlan, rewritten: UnitPlan, foreign: ForeignLaunch, through: Mapping[tuple[str, str, int], str]
) -> UnitPlan:
    """A program that knows its addresses from its arguments, its environment or its standard input."""
    words: dict[str, str] = {}
    for (instance, socket, index), new in through.items():
        for old in _old(unit.instances, instance, socket, index):
            words[old] = new
    argv = tuple(_replaced(word, words) for word in foreign.argv)
    env = {name: _replaced(value, words) for name, value in unit.env.items()}
    stdin = None if unit.stdin is None else _replaced(unit.stdin, words)
    if (argv, env, stdin) == (foreign.argv, unit.env, unit.stdin):
        raise RunError(
            f"{unit.unit} is not told the address {next(iter(words))}, so no forwarder can be put there",
            "hand it the address: `${{ sockets.NAME.address }}` in `command`, or ORCHESTRATOR_SOCKET_NAME",
        )
    return replace(rewritten, foreign=ForeignLaunch(argv=argv), env=env, stdin=stdin)


def _old(instances: tuple[InstanceLaunch, ...], instance: str, socket: str, index: int) -> Iterator[str]:
    for launch in instances:
        for found in launch.sockets:
            if (launch.instance, found.name) == (instance, socket):
                address = found.connects[index].address
                if address is not None:
                    yield address


def _replaced(text: str, words: Mapping[str, str]) -> str:
    """The text with whole addresses replaced; of tcp ones also `host:port` by itself."""
    for old, new in words.items():
        text = _word(text, old, new)
        if old.startswith("tcp://") and new.startswith("tcp://"):
            text = _word(text, old[6:], new[6:])
    return text


def _word(text: str, old: str, new: str) -> str:
    parts = re.split(rf"(?<![\w./@-]){re.escape(old)}(?![\w/-]|\.\w)", text)
    return new.join(parts)
