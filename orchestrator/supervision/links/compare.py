"""`compare`: the links of a plan, and the peers that nobody declared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from orchestrator.planning.types import Plan
from orchestrator.supervision.links.declared import Addresses, Bound, declared
from orchestrator.supervision.links.judge import Judge
from orchestrator.supervision.links.types import (
    BIND,
    REFUSED,
    Declared,
    End,
    Links,
    Observed,
    Refused,
    Stranger,
)


def compare(plan: Plan, addresses: Addresses, observed: Observed) -> Links:
    """Every declared link with what is seen of it, and every peer that none declares.

    `addresses`: (instance, socket) -> the addresses that were told so far.
    """
    links = declared(plan, addresses)
    bound = Bound(plan, addresses)
    strangers = _Strangers(plan, bound, links, observed)
    return Links(
        links=Judge(links, observed).reports(),
        strangers=tuple(strangers.found()),
        refused=tuple(_refused(bound, observed)),
    )


def _refused(bound: Bound, observed: Observed) -> Iterator[Refused]:
    for key, end in bound.ends.items():
        seen = observed.sockets.get(key, {}).get(BIND)
        if seen is None or seen.failed_at is None or end.unit not in observed.running:
            continue
        kinds = {kind: seen.failed[kind] for kind in REFUSED if seen.failed.get(kind)}
        if kinds:
            last_s = max(0.0, round(observed.now - seen.failed_at, 3))
            yield Refused(binder=end, kinds=kinds, last_s=last_s)


class _Strangers:
    def __init__(self, plan: Plan, bound: Bound, links: tuple[Declared, ...], observed: Observed) -> None:
        self._bound = bound
        self._observed = observed
        self._open = {
            (instance.instance, name)
            for unit in plan.units
            for instance in unit.instances
            for name in (s.name for s in instance.sockets)
            if f"{instance.node}.{name}" in plan.open_sockets
        }
        self._units: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._count = Counter[tuple[str, str]]()
        for link in links:
            if link.binder is not None:
                self._units[link.binder.key].add(link.connector.unit)
                self._count[link.binder.key] += 1

    def found(self) -> Iterator[Stranger]:
        for key, end in self._bound.ends.items():
            if key not in self._open and end.unit in self._observed.running:
                yield from self._at(end)

    def _at(self, end: End) -> Iterator[Stranger]:
        tables = self._observed.tables
        addresses = self._bound.addresses[end.key]
        if tables is None or any(address in tables.blind for address in addresses):
            yield from self._by_number(end, addresses[0] if len(addresses) == 1 else None)
            return
        for address in addresses:
            if any(process.unit != end.unit for process in tables.listeners.get(address, ())):
                continue  # they are connected to somebody else
            for process in dict.fromkeys(tables.connections.get(address, ())):
                if process.unit is None or process.unit not in (end.unit, *self._units[end.key]):
                    who = process.text if process.unit is None else f"unit `{process.unit}`"
                    yield Stranger(binder=end, address=address, who=who, pid=process.pid, user=process.user)

    def _by_number(self, end: End, address: str | None) -> Iterator[Stranger]:
        """Where the kernel does not say who: more peers than links."""
        seen = self._observed.sockets.get(end.key, {}).get(BIND)
        more = 0 if seen is None else seen.peers - self._count[end.key]
        if more > 0:
            yield Stranger(binder=end, address=address, who="1 peer" if more == 1 else f"{more} peers")
