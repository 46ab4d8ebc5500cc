"""From one plan to another while it runs: what both need at once, and in which order units are changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from orchestrator.planning.types import Plan, UnitPlan

_PART: Final = 4
"""At most a quarter of a node's replicas, and at least one, are replaced side by side: the default of
Kubernetes' `maxUnavailable` for a Deployment."""


def union(plan: Plan, others: Iterable[UnitPlan]) -> Plan:
    """The plan with further units at its end, which belong to none of its nodes."""
    return replace(plan, units=(*plan.units, *others))


def steps(plan: Plan, names: Collection[str], *, fresh: Collection[str] = ()) -> tuple[tuple[str, ...], ...]:
    """The units to be changed together, step by step: nobody before those it depends on or connects to.

    Of several replicas of a node a part comes at a time, those that are `fresh` all at once: nobody needs
    them yet.
    """
    wanted = frozenset(names)
    level: dict[str, int] = {}
    for unit in plan.units:
        others = (*(need.unit for need in unit.depends_on), *unit.binders)
        level[unit.unit] = max(
            (level[other] + (other in wanted) for other in others if other in level), default=0
        )
    levels: dict[int, list[str]] = {}
    for unit in plan.units:
        if unit.unit in wanted:
            levels.setdefault(level[unit.unit], []).append(unit.unit)
    replicas = {name: len(node.units) for node in plan.nodes for name in node.units}
    node_of = {unit.unit: unit.node for unit in plan.units}
    found: list[tuple[str, ...]] = []
    for _, members in sorted(levels.items()):
        found += _parts(members, node_of, replicas, frozenset(fresh))
    return tuple(found)


def _parts(
    members: Iterable[str], node_of: dict[str, str], replicas: dict[str, int], fresh: frozenset[str]
) -> list[tuple[str, ...]]:
    parts: dict[int, list[str]] = {}
    seen: dict[str, int] = {}
    for name in members:
        part = 0
        if name not in fresh:
            number = seen.get(node_of[name], 0)
            seen[node_of[name]] = number + 1
            part = number // max(1, replicas.get(name, 1) // _PART)
        parts.setdefault(part, []).append(name)
    return [tuple(names) for _, names in sorted(parts.items())]


def in_the_way(present: Iterable[UnitPlan], coming: Collection[UnitPlan]) -> frozenset[str]:
    """Those of the present units that hold an address which another one is going to bind."""
    wanted: dict[str, set[str]] = {}
    for unit in coming:
        for place in _places(unit):
            wanted.setdefault(place, set()).add(unit.unit)
    return frozenset(
        unit.unit
        for unit in present
        if any(wanted.get(place, set()) - {unit.unit} for place in _places(unit))
    )


def _places(unit: UnitPlan) -> Iterable[str]:
    """What the unit binds that only one can have. The host of a tcp address makes no difference: `*` is in
    the way of all."""
    for instance in unit.instances:
        for socket in instance.sockets:
            for address in socket.binds:
                scheme, _, rest = address.partition("://")
                port = rest.rpartition(":")[2]
                if scheme in ("tcp", "ws", "wss") and port.isdecimal() and int(port) > 0:
                    yield f"port {port}"
                elif scheme == "ipc" and rest != "*":
                    yield address
