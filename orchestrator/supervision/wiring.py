"""Who waits for whom, indexed once, so that an event costs what it changes and not the size of the topology.

Units that wait for the same things share a *gate*: a thousand workers behind one broker are one gate with one
need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from orchestrator.planning.types import NodePlan, Plan, UnitPlan
from orchestrator.vocabulary import Condition


class Resolution(Enum):
    """What a connector waits for from its binder."""

    RESOLVED = "resolved"


Need: TypeAlias = tuple[str, Condition | Resolution]
"""A unit, and what it must have come to."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Opens when all its needs are met; the members wait behind it. In the order of the plan."""

    needs: tuple[Need, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The fixed indexes of a plan."""

    plans: Mapping[str, UnitPlan]
    gates: tuple[Gate, ...]
    start_gate: Mapping[str, int]
    """unit -> the gate of its `depends_on`."""
    binder_gate: Mapping[str, int]
    """unit -> the gate of its binders."""
    opened_by: Mapping[Need, tuple[int, ...]]
    """need -> the gates that have it."""
    nodes: Mapping[str, tuple[NodePlan, ...]]
    """unit -> the nodes that live in it."""
    listeners: Mapping[tuple[str, str], tuple[str, ...]]
    """(instance, socket) -> Python units that connect to wherever it has bound."""
    targets: Mapping[str, tuple[tuple[str, str], ...]]
    """The reverse: Python unit -> the (instance, socket) pairs it connects to."""
    shortest_interval_s: float
    """The shortest heartbeat interval of all units."""

    def holding_up(self, unit: str) -> Iterable[int]:
        """The gates whose members must have ended before `unit` is stopped."""
        for condition in Condition:
            yield from self.opened_by.get((unit, condition), ())


def wire(plan: Plan) -> Wiring:
    """Index a plan. What names no unit of the plan is left out: nothing can be waited for there."""
    plans = {u.unit: u for u in plan.units}
    members: dict[tuple[Need, ...], list[str]] = {}
    start: dict[str, tuple[Need, ...]] = {}
    binders: dict[str, tuple[Need, ...]] = {}
    for unit in plans.values():
        start[unit.unit] = _known(((d.unit, d.condition) for d in unit.depends_on), plans)
        binders[unit.unit] = _known(((b, Resolution.RESOLVED) for b in unit.binders if b != unit.unit), plans)
        for needs in (start[unit.unit], binders[unit.unit]):
            if needs:
                members.setdefault(needs, []).append(unit.unit)
    targets = {u.unit: found for u in plans.values() if (found := tuple(dict.fromkeys(_targets(u))))}
    numbers = {needs: number for number, needs in enumerate(members)}
    return Wiring(
        plans=plans,
        gates=tuple(Gate(needs, tuple(waiting)) for needs, waiting in members.items()),
        start_gate={unit: numbers[needs] for unit, needs in start.items() if needs},
        binder_gate={unit: numbers[needs] for unit, needs in binders.items() if needs},
        opened_by=_opened_by(members),
        nodes=_nodes(plan),
        listeners=_listeners(targets),
        targets=targets,
        shortest_interval_s=min((u.heartbeat.interval_s for u in plans.values()), default=0.0),
    )


def _known(needs: Iterable[Need], plans: Mapping[str, UnitPlan]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(need for need in needs if need[0] in plans))


def _opened_by(gates: Iterable[tuple[Need, ...]]) -> dict[Need, tuple[int, ...]]:
    found: dict[Need, list[int]] = {}
    for number, needs in enumerate(gates):
        for need in needs:
            found.setdefault(need, []).append(number)
    return {need: tuple(numbers) for need, numbers in found.items()}


def _nodes(plan: Plan) -> dict[str, tuple[NodePlan, ...]]:
    found: dict[str, list[NodePlan]] = {}
    for node in plan.nodes:
        for unit in node.units:
            found.setdefault(unit, []).append(node)
    return {unit: tuple(nodes) for unit, nodes in found.items()}


def _listeners(targets: Mapping[str, tuple[tuple[str, str], ...]]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for unit, keys in targets.items():
        for key in keys:
            found.setdefault(key, []).append(unit)
    return {key: tuple(units) for key, units in found.items()}


def _targets(unit: UnitPlan) -> Iterable[tuple[str, str]]:
    """Where the instances of a Python unit connect to whatever others have bound."""
    if not unit.is_python:
        return
    for instance in unit.instances:
        for socket in instance.sockets:
            for target in socket.connects:
                if target.instance is not None and target.socket is not None:
                    yield target.instance, target.socket
