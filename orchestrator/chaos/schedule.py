"""What happens when, and to whom. Pure: the same experiment, plan and seed give the same schedule."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from orchestrator.chaos.types import ALL, ANY, Aim, Experiment, Fault, Freeze, Heartbeats, Kill, Slow
from orchestrator.planning.types import Plan
from orchestrator.vocabulary import NodeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A process that a fault can be aimed at."""

    unit: str
    replicas: tuple[tuple[str, int], ...]
    """(node, number) of those that live in it."""
    service: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One fault, once."""

    number: int
    """From 1, in the order in which they are due."""
    at_s: float
    """Since the topology was ready; later where the one before it is not judged by then."""
    fault: Fault
    units: tuple[str, ...]
    """The processes it is aimed at; none for links and file systems."""


def stations(plan: Plan) -> tuple[Station, ...]:
    """All processes of a plan, in start order."""
    return tuple(
        Station(
            unit=unit.unit,
            replicas=tuple((instance.node, instance.replica) for instance in unit.instances),
            service=unit.kind is NodeKind.SERVICE,
        )
        for unit in plan.units
    )


def schedule(experiment: Experiment, crew: Sequence[Station], seed: int) -> tuple[Appointment, ...]:
    """Every fault as often as it is to happen, in the order in which they are due."""
    due = sorted(
        (fault.after_s + turn * fault.every_s, index, turn)
        for index, fault in enumerate(experiment.faults)
        for turn in range(fault.times)
    )
    chance = random.Random(seed)
    found = []
    for number, (at_s, index, _) in enumerate(due, 1):
        fault = experiment.faults[index]
        units = _aimed_at(fault, crew, chance)
        found.append(Appointment(number=number, at_s=at_s, fault=fault, units=units))
    return tuple(found)


def _aimed_at(fault: Fault, crew: Sequence[Station], chance: random.Random) -> tuple[str, ...]:
    match fault.what:
        case Kill(aim=aim) | Freeze(aim=aim) | Slow(aim=aim) | Heartbeats(aim=aim):
            return _chosen(aim, crew, chance)
        case _:
            return ()


def _chosen(aim: Aim, crew: Sequence[Station], chance: random.Random) -> tuple[str, ...]:
    node = aim.node
    if node == ANY:
        pool = [station for station in crew if station.service] or list(crew)
        node = chance.choice(sorted({name for station in pool for name, _ in station.replicas}))
    numbers = sorted({number for station in crew for name, number in station.replicas if name == node})
    if aim.replica == ANY:
        wanted = {chance.choice(numbers)}
    else:
        wanted = set(numbers) if aim.replica == ALL else {int(aim.replica)}
    return tuple(station.unit for station in crew if _holds(station.replicas, node, wanted))


def _holds(replicas: Iterable[tuple[str, int]], node: str, wanted: set[int]) -> bool:
    return any(name == node and number in wanted for name, number in replicas)
