"""Whether messages were lost: which links can be judged, and the sums at their two ends. Pure.

It can be told where every message that is sent is counted by a receiver: all ends are Python nodes, whose
SDK counts; the pattern never drops (PUSH to PULL, REQ and DEALER to REP and ROUTER, that way round); every
process of them ended orderly, for what a killed one had in its queues is gone, and with it what it had
counted since it last told. And only once nobody sends any more: before that, something is on its way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.chaos.verdict import Finding
from orchestrator.model.types import Link, StockProgram, Topology
from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import InstanceLaunch

NO_MESSAGE_LOST: Final = "no_message_lost"
LINGER: Final = "linger"
STOP_S: Final = 10.0
"""The longest a sender may take to hand over what it has sent when it is stopped."""
_SENDERS: Final = frozenset({SocketType.PUSH, SocketType.REQ, SocketType.DEALER})
_RECEIVERS: Final = frozenset({SocketType.PULL, SocketType.REP, SocketType.ROUTER})
_PROXIES: Final = frozenset({"forwarder", "queue", "streamer"})
"""Stock nodes on zmq_proxy_steerable(3): its STATISTICS count frames (tried with libzmq 4.3.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Sockets that are linked with each other, directly or by others."""

    senders: tuple[str, ...]
    """As `node.socket`."""
    receivers: tuple[str, ...]
    unknown: str | None = None
    """Why nothing can be told about them."""

    @property
    def told(self) -> str:
        """`worker.results → sink.results`."""
        return f"{', '.join(self.senders)} → {', '.join(self.receivers) or 'outside'}"

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset(ref.partition(".")[0] for ref in (*self.senders, *self.receivers))


def groups(topology: Topology, links: Iterable[Link]) -> tuple[Group, ...]:
    """The groups in which nothing may be lost; those who send first come first."""
    links = tuple(links)
    found = []
    for refs in _components(links):
        sockets = [socket for ref in refs if (socket := topology.socket(ref)) is not None]
        senders = tuple(s.ref for s in sockets if s.type in _SENDERS)
        receivers = tuple(s.ref for s in sockets if s.type in _RECEIVERS)
        if not senders or len(senders) + len(receivers) < len(sockets):
            continue
        unknown = _unknown(topology, links, refs)
        if receivers or unknown is not None:  # else they send to their like (DEALER to DEALER), both ways
            found.append(Group(senders=senders, receivers=receivers, unknown=unknown))
    return _in_order(found)


def _components(links: Iterable[Link]) -> list[list[str]]:
    """The refs of sockets that hang together, each in file order."""
    home: dict[str, list[str]] = {}
    for link in links:
        ends = [socket.ref for socket in (link.binder, link.connector) if socket is not None]
        merged: list[str] = []
        for ref in ends:
            for known in home.get(ref, [ref]):
                if known not in merged:
                    merged.append(known)
        for ref in merged:
            home[ref] = merged
    return list({id(refs): refs for refs in home.values()}.values())


def _unknown(topology: Topology, links: Iterable[Link], refs: Collection[str]) -> str | None:
    for ref in refs:
        node = topology.nodes[ref.partition(".")[0]]
        if not node.is_python:
            return f"{ref} is of a foreign program, which counts nothing"
        if isinstance(node.program, StockProgram) and node.program.name in _PROXIES:
            return f"{ref} is of a stock proxy, whose loop in libzmq counts frames, not messages"
    for link in links:
        socket = link.connector or link.binder
        if socket is not None and socket.ref in refs and (link.binder is None or link.connector is None):
            return f"{socket.ref} is linked to what is outside of the topology"
    return None


def _in_order(found: list[Group]) -> tuple[Group, ...]:
    """Upstream first: once a group is quiet, its receivers have nothing new to send on."""
    ordered: list[Group] = []
    left = list(found)
    while left:
        fed = {ref.partition(".")[0] for group in left for ref in group.receivers}
        first = next(
            (g for g in left if not fed & {ref.partition(".")[0] for ref in g.senders} - _own(g)), left[0]
        )
        left.remove(first)
        ordered.append(first)
    return tuple(ordered)


def _own(group: Group) -> set[str]:
    return {ref.partition(".")[0] for ref in group.receivers}


def patient(plan: Plan, judged: Iterable[Group]) -> Plan:
    """The plan in which those who send wait, when they are stopped, until all that they sent is taken."""
    refs = {ref for group in judged if group.unknown is None for ref in group.senders}
    units = []
    for unit in plan.units:
        instances = tuple(_patient(instance, refs) for instance in unit.instances)
        if instances != unit.instances:
            stop = replace(unit.stop, grace_s=max(unit.stop.grace_s, STOP_S))
            unit = replace(unit, instances=instances, stop=stop)
        units.append(unit)
    return replace(plan, units=tuple(units))


def _patient(instance: InstanceLaunch, refs: Collection[str]) -> InstanceLaunch:
    sockets = tuple(
        replace(socket, options={LINGER: -1, **socket.options})
        if f"{instance.node}.{socket.name}" in refs
        else socket
        for socket in instance.sockets
    )
    return replace(instance, sockets=sockets)


def units_of(plan: Plan, nodes: Collection[str]) -> tuple[str, ...]:
    """The units in which nodes live."""
    return tuple(unit.unit for unit in plan.units if any(i.node in nodes for i in unit.instances))


def sums(group: Group, traffic: Mapping[tuple[str, str], SocketTraffic]) -> tuple[int, int]:
    """How many messages were sent and received, as far as they have been told."""
    sent = sum(t.sent for (_, name), t in traffic.items() if f"{t.node}.{name}" in group.senders)
    received = sum(t.received for (_, name), t in traffic.items() if f"{t.node}.{name}" in group.receivers)
    return sent, received


def judged(group: Group, sent: int, received: int) -> Finding:
    """The verdict on a group in which nobody sends any more."""
    numbers = f"{group.told}: {sent} sent, {received} received"
    if sent == received:
        return Finding(expectation=NO_MESSAGE_LOST, held=True, told=numbers)
    lost = f"{sent - received} lost" if sent > received else f"{received - sent} more than were sent"
    return Finding(expectation=NO_MESSAGE_LOST, held=False, told=f"{numbers}: {lost}")


def untold(group: Group, why: str) -> Finding:
    """Of a group about which nothing can be told."""
    return Finding(expectation=NO_MESSAGE_LOST, held=None, told=f"{group.told}: {why}")
