"""Profiles: parts of a topology that take part only when asked for, as in docker compose."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from orchestrator.errors import UsageError
from orchestrator.model.parts import listing, nearest
from orchestrator.model.types import Node, Topology

EVERY: Final = "*"
"""Asks for every profile (`docker compose --profile "*"`)."""


def select_profiles(topology: Topology, profiles: Collection[str]) -> Topology:
    """The topology with the nodes that take part: those without profiles, and those with one asked for.

    Dependencies on nodes that do not take part are refused, since they would never be met (compose does the
    same); so is a profile that no node has. Both raise UsageError. Links to absent nodes stay: ZeroMQ waits.
    """
    _check_known(topology, profiles)
    active = {name: node for name, node in topology.nodes.items() if _takes_part(node, profiles)}
    if len(active) == len(topology.nodes):
        return topology
    _check_dependencies(active, topology)
    if not active:
        raise UsageError(
            f"no node of `{topology.name}` takes part without a profile",
            f"ask for one of {listing(all_profiles(topology))} with `--profile`",
        )
    return replace(topology, nodes=active)


def all_profiles(topology: Topology) -> tuple[str, ...]:
    """Every profile that a node names, in file order."""
    return tuple(dict.fromkeys(p for node in topology.nodes.values() for p in node.profiles))


def _takes_part(node: Node, profiles: Collection[str]) -> bool:
    return not node.profiles or EVERY in profiles or not set(node.profiles).isdisjoint(profiles)


def _check_known(topology: Topology, profiles: Collection[str]) -> None:
    known = all_profiles(topology)
    for profile in profiles:
        if profile != EVERY and profile not in known:
            guess = nearest(profile, known)
            remedy = f"did you mean `{guess}`?" if guess else f"there are {listing(known)}" if known else None
            raise UsageError(f"no node of `{topology.name}` has the profile `{profile}`", remedy)


def _check_dependencies(active: Mapping[str, Node], topology: Topology) -> None:
    for node in active.values():
        for dependency in node.depends_on:
            if dependency.node not in active:
                wanted = topology.nodes[dependency.node].profiles
                raise UsageError(
                    f"{dependency.span}: `{node.name}` depends on `{dependency.node}`, which takes no part",
                    f"ask for its profile too: {listing(wanted)}",
                )
