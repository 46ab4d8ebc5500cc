"""The links of an experiment: forwarders where faults are aimed at, and the faults that happen there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.chaos.faults import Pause
from orchestrator.chaos.forwarder import Forwarder, Weather
from orchestrator.chaos.network import Network, Resolve, bound_tcp, bound_unix
from orchestrator.chaos.rerouting import Passage, concerns, passages, rerouted
from orchestrator.chaos.types import Cut, Delay, Experiment, Hold, LinkFault, Throttle
from orchestrator.model.quantities import format_duration, format_size
from orchestrator.model.types import Link
from orchestrator.planning.types import Plan
from orchestrator.transport.endpoint import Transport
from orchestrator.wire.launch import ConnectTarget

_MOST_NAMED: Final = 4

Addresses = Callable[[], Mapping[tuple[str, str], tuple[str, ...]]]
"""(instance, socket) -> where it has bound."""


@dataclass(frozen=True, slots=True)
class _Guarded:
    passage: Passage
    forwarder: Forwarder


class Crossing:
    """Every connection that can be disturbed, each with a forwarder of its own."""

    def __init__(self, network: Network, experiment: Experiment, links: Iterable[Link]) -> None:
        self._network = network
        self._experiment = experiment
        self._links = tuple(links)
        self._guarded: list[_Guarded] = []

    def reroute(self, plan: Plan, addresses: Addresses) -> Plan:
        """The plan that leads through forwarders, which listen from now on."""
        through: dict[tuple[str, str, int], str] = {}
        for number, passage in enumerate(passages(plan, self._links, self._experiment)):
            if passage.transport is Transport.IPC:
                listening, address = bound_unix(f"{plan.run_dir}/x{number}")
            else:
                listening, address = bound_tcp()
            forwarder = self._network.forward(listening, _onwards(passage.target, addresses))
            self._guarded.append(_Guarded(passage, forwarder))
            through[passage.key] = address
        return rerouted(plan, through) if through else plan

    def disturb(self, what: LinkFault, pause: Pause) -> tuple[str, str]:
        """Carry a fault out; where, and what was done."""
        hit = [guarded for guarded in self._guarded if concerns(what.across, guarded.passage)]
        forwarders = [guarded.forwarder for guarded in hit]
        connections = self._network.count(forwarders)
        where = ", ".join(guarded.passage.told for guarded in hit)
        if len(hit) > _MOST_NAMED:
            where = f"{len(hit)} connections to {what.across.link}"
        try:
            if isinstance(what, Cut):
                self._network.cut(forwarders)
            else:
                self._network.set(forwarders, weather(what))
            pause(what.for_s)
        finally:
            self._network.clear(forwarders)
        silent = "" if connections else " (there was no connection)"
        return where, f"{_told(what)} for {format_duration(what.for_s)}: {where}{silent}"


def _onwards(target: ConnectTarget, addresses: Addresses) -> Resolve:
    if target.address is not None:
        fixed = target.address
        return lambda: fixed

    def ask() -> str:
        found = addresses().get((target.instance or "", target.socket or ""), ())
        if target.index >= len(found):
            raise LookupError(target)
        return found[target.index]

    return ask


def weather(what: Hold | Delay | Throttle) -> Weather:
    """What a fault means for the bytes."""
    match what:
        case Hold():
            return Weather(held=True)
        case Delay():
            return Weather(delay_s=what.by_s, jitter_s=what.jitter_s)
        case Throttle():
            return Weather(rate=what.rate)


def _told(what: LinkFault) -> str:
    match what:
        case Cut():
            return "cut"
        case Hold():
            return "nothing passes"
        case Delay():
            jitter = f" to {format_duration(what.by_s + what.jitter_s)}" if what.jitter_s else ""
            return f"{format_duration(what.by_s)}{jitter} late"
        case Throttle():
            return f"{format_size(int(what.rate))} a second"
