"""The index of binds: who is at an address, and which binds take each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from orchestrator.model.resolution import Clash
from orchestrator.model.sites import Site
from orchestrator.model.types import Node
from orchestrator.transport.endpoint import ParsedEndpoint, Transport
from orchestrator.transport.reach import Reach, host_reach, overlap

Key: TypeAlias = tuple[str, str | int] | tuple[str, str, str]
Entry: TypeAlias = tuple[Site, int, ParsedEndpoint]
"""A bind, the index of the replica, and its address."""


def unit_of(node: Node, replica: int) -> str:
    """The process an instance lives in; only `inproc` cares."""
    if node.process is not None:
        return f"process {node.process}"
    return f"{node.name}-{replica}"


def together(one: Node, other: Node) -> bool:
    """Whether two nodes may run at the same time: alternatives have profiles that do not meet."""
    return not one.profiles or not other.profiles or not set(one.profiles).isdisjoint(other.profiles)


class Bindings:
    """Binds by port, path or name. Adding and asking take constant time, but for hosts that share a port."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._entries: dict[Key, list[Entry]] = {}
        self._open: dict[str, Site] = {}
        self._inproc: dict[str, Site] = {}
        self._relative: dict[str, Site] = {}
        self._clashes: dict[int, tuple[Site, list[Site]]] = {}

    def add(self, node: Node, site: Site) -> None:
        """Enter a bind, all replicas of it."""
        if site.parsed is None:
            self._open.setdefault(site.text, site)
            return
        replicas = node.replicas if site.parsed.transport is Transport.INPROC else len(site.spots)
        for index in range(replicas):
            parsed = site.spots[index if index < len(site.spots) else 0]
            if isinstance(parsed, ParsedEndpoint) and not parsed.is_wildcard:
                self._enter(site, index, parsed, unit_of(node, index))
        if site.parsed.transport is Transport.INPROC:
            self._inproc.setdefault(site.parsed.path, site)
        elif site.parsed.transport is Transport.IPC:
            self._relative.setdefault(site.text, site)

    def at(self, connect: ParsedEndpoint, unit: str) -> Iterator[tuple[Entry, bool]]:
        """Who a connect meets, and whether that is certain."""
        for entry in self._entries.get(_key(connect, unit), ()):
            met = Reach.YES if connect.port is None else host_reach(connect, entry[2])
            if met is not Reach.NO:
                yield entry, met is Reach.YES

    def same_text(self, text: str) -> Site | None:
        """A bind whose address only a run can tell, written the same way."""
        return self._open.get(text)

    def inproc_elsewhere(self, name: str) -> Site | None:
        """Who binds an inproc name, in whatever process."""
        return self._inproc.get(name)

    def same_path_text(self, text: str) -> Site | None:
        """Who binds an ipc path that is written the same way, from whatever directory."""
        return self._relative.get(text)

    def clashes(self) -> tuple[Clash, ...]:
        """The binds that cannot all hold, each group once."""
        return tuple(Clash(first=first, others=tuple(others)) for first, others in self._clashes.values())

    def _enter(self, site: Site, index: int, parsed: ParsedEndpoint, unit: str) -> None:
        entries = self._entries.setdefault(_key(parsed, unit), [])
        for other, _, held in entries:
            if overlap(held, parsed) and together(
                self._nodes[other.socket.node], self._nodes[site.socket.node]
            ):
                _, others = self._clashes.setdefault(id(other), (other, []))
                if not any(site is known for known in others):
                    others.append(site)
                break
        entries.append((site, index, parsed))


def _key(parsed: ParsedEndpoint, unit: str) -> Key:
    if parsed.port is not None:
        return parsed.transport.value, parsed.port
    if parsed.transport is Transport.INPROC:
        return parsed.transport.value, unit, parsed.path
    return parsed.transport.value, parsed.path
