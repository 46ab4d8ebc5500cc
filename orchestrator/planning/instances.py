"""Nodes, instances, units: who lives in which process. Names and counts only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.model.types import Node, Topology


@dataclass(frozen=True, slots=True)
class Instance:
    """One replica of a node."""

    name: str
    node: Node
    replica: int
    unit: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody of a topology."""

    units: Mapping[str, tuple[Instance, ...]]
    """In file order; the first instance's node governs the unit."""
    units_of: Mapping[str, tuple[str, ...]]
    """node -> its units."""
    instances_of: Mapping[str, tuple[Instance, ...]]
    """node -> its replicas."""


def cast(topology: Topology) -> Cast:
    """Expand replicas and shared processes."""
    units: dict[str, list[Instance]] = {}
    units_of: dict[str, tuple[str, ...]] = {}
    instances_of: dict[str, tuple[Instance, ...]] = {}
    for node in topology.nodes.values():
        instances = tuple(_instance(node, replica) for replica in range(node.replicas))
        instances_of[node.name] = instances
        units_of[node.name] = tuple(dict.fromkeys(i.unit for i in instances))
        for instance in instances:
            units.setdefault(instance.unit, []).append(instance)
    return Cast({unit: tuple(found) for unit, found in units.items()}, units_of, instances_of)


def _instance(node: Node, replica: int) -> Instance:
    name = f"{node.name}-{replica}" if node.numbered else node.name
    return Instance(name, node, replica, node.process or name)
