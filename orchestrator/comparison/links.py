"""Who meets whom, before and after."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.comparison.names import Names
from orchestrator.comparison.record import Record
from orchestrator.model.links import links
from orchestrator.model.types import Link, Socket, Topology

Pairs = dict[frozenset[str], Link]


def linked(topology: Topology) -> Mapping[str, set[str]]:
    """Node or `node.socket` -> the nodes it is linked to, itself left out."""
    found: dict[str, set[str]] = {}
    for link in links(topology):
        for one, other in ((link.binder, link.connector), (link.connector, link.binder)):
            if one is not None and other is not None and one.node != other.node:
                found.setdefault(one.node, set()).add(other.node)
                found.setdefault(one.ref, set()).add(other.node)
    return found


def compare_links(old: Topology, new: Topology, names: Names, record: Record) -> None:
    """Links between sockets that were there before and are there after."""
    before = _pairs(old, names)
    after = _pairs(new, Names())
    for pair, link in before.items():
        if pair not in after and all(new.socket(ref) is not None for ref in pair):
            connector = _end(link)
            told = f"meets {_other(pair, names.ref(connector.node, connector.name))} no more"
            record.gone("link-removed", names.ref(connector.node, connector.name), told, connector.path)
    there = {names.ref(s.node, s.name) for s in old.sockets()}
    for pair, link in after.items():
        if pair not in before and all(ref in there for ref in pair):
            connector = _end(link)
            record.came(
                "link-added", connector.ref, f"meets {_other(pair, connector.ref)} now", connector.path
            )


def _pairs(topology: Topology, names: Names) -> Pairs:
    found: Pairs = {}
    for link in links(topology):
        if link.binder is not None and link.connector is not None:
            ends = (link.binder, link.connector)
            found.setdefault(frozenset(names.ref(end.node, end.name) for end in ends), link)
    return found


def _end(link: Link) -> Socket:
    assert link.connector is not None
    return link.connector


def _other(pair: frozenset[str], ref: str) -> str:
    return next((other for other in pair if other != ref), ref)
