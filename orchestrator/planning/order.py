"""Start order: dependencies before dependents, binders before connectors, and nobody waits in a circle.

Dependencies are a duty, the order of binders is a wish: where the two cannot all be had, wishes are given up,
always the same ones for the same file.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.types import Link
from orchestrator.planning.instances import Cast
from orchestrator.vocabulary import Condition


@dataclass(frozen=True, slots=True)
class Crew:
    """The units that start together: a node's replicas, or all nodes of a shared process."""

    name: str
    units: tuple[str, ...]
    nodes: tuple[str, ...]
    is_python: bool


@dataclass(frozen=True, slots=True)
class Order:
    """`crews` in start order; `binders`: crew -> the crews it may wait for."""

    crews: tuple[Crew, ...]
    binders: Mapping[str, tuple[Crew, ...]]


def start_order(everybody: Cast, links: Iterable[Link]) -> Order:
    """Put the crews in order, and decide who waits for which binders."""
    crews = _crews(everybody)
    crew_of = {node: crew.name for crew in crews for node in crew.nodes}
    duties, awaited = _duties(crews, crew_of, everybody)
    wishes = _wishes(crews, crew_of, links)
    ordered = _sorted(crews, duties, wishes)
    place = {crew.name: index for index, crew in enumerate(ordered)}
    binders = {}
    for crew in ordered:
        late_allowed = crew.is_python and crew.name not in awaited
        wanted = sorted(place[binder] for binder in wishes[crew.name])
        binders[crew.name] = tuple(
            ordered[index] for index in wanted if late_allowed or index <= place[crew.name]
        )
    return Order(tuple(ordered), binders)


def _crews(everybody: Cast) -> list[Crew]:
    found: dict[str, Crew] = {}
    for node_name, instances in everybody.instances_of.items():
        node = instances[0].node
        key = f"process {node.process}" if node.process is not None else f"node {node_name}"
        known = found.get(key)
        nodes = (*known.nodes, node_name) if known else (node_name,)
        found[key] = Crew(nodes[0], everybody.units_of[node_name], nodes, node.is_python)
    return list(found.values())


def _duties(
    crews: Sequence[Crew], crew_of: Mapping[str, str], everybody: Cast
) -> tuple[dict[str, set[str]], set[str]]:
    """crew -> the crews it depends on; and the crews that someone waits for to be more than started."""
    duties: dict[str, set[str]] = {crew.name: set() for crew in crews}
    awaited: set[str] = set()
    for crew in crews:
        for node in crew.nodes:
            for dependency in everybody.instances_of[node][0].node.depends_on:
                other = crew_of.get(dependency.node)
                if other is None or other == crew.name:
                    continue
                duties[crew.name].add(other)
                if dependency.condition is not Condition.STARTED:
                    awaited.add(other)
    return duties, awaited


def _wishes(crews: Sequence[Crew], crew_of: Mapping[str, str], links: Iterable[Link]) -> dict[str, set[str]]:
    wishes: dict[str, set[str]] = {crew.name: set() for crew in crews}
    replicated = {crew.name for crew in crews if crew.is_python and len(crew.units) > 1}
    for link in links:
        if link.binder is None or link.connector is None:
            continue
        binder, connector = crew_of.get(link.binder.node), crew_of.get(link.connector.node)
        if binder is None or connector is None:
            continue
        if binder != connector or connector in replicated:  # replicas that meet each other
            wishes[connector].add(binder)
    return wishes


def _sorted(
    crews: Sequence[Crew], duties: Mapping[str, set[str]], wishes: Mapping[str, set[str]]
) -> list[Crew]:
    """Kahn's algorithm by file order; in a circle of wishes a Python crew goes first, since its binding does
    not wait for anyone."""
    number = {crew.name: index for index, crew in enumerate(crews)}
    missing = {c.name: (duties[c.name] | wishes[c.name]) - {c.name} for c in crews}
    followers: dict[str, list[str]] = {}
    for name, others in missing.items():
        for other in others:
            followers.setdefault(other, []).append(name)
    free = [number[name] for name, others in missing.items() if not others]
    heapq.heapify(free)
    ordered: list[Crew] = []
    placed: set[str] = set()
    while len(ordered) < len(crews):
        index = heapq.heappop(free) if free else _break(crews, duties, placed)
        crew = crews[index]
        if crew.name in placed:
            continue
        ordered.append(crew)
        placed.add(crew.name)
        for follower in followers.get(crew.name, ()):
            missing[follower].discard(crew.name)
            if not missing[follower] and follower not in placed:
                heapq.heappush(free, number[follower])
    return ordered


def _break(crews: Sequence[Crew], duties: Mapping[str, set[str]], placed: set[str]) -> int:
    """Whom to start although it would rather wait: one whose dependencies are met, if there is any."""
    left = [(index, crew) for index, crew in enumerate(crews) if crew.name not in placed]
    dutiful = [(index, crew) for index, crew in left if duties[crew.name] <= placed]
    candidates = dutiful or left
    return min(candidates, key=lambda item: (not item[1].is_python, item[0]))[0]
