"""Looking at the links of a running topology: monitors, as the nodes told, and the kernel's tables."""

from __future__ import annotations

import asyncio
import time

from orchestrator.planning.types import Plan
from orchestrator.runtime.control import ControlServer
from orchestrator.runtime.flows import Flows
from orchestrator.runtime.tables import Wanted, read_tables
from orchestrator.supervision.links.compare import compare
from orchestrator.supervision.links.declared import Bound, declared
from orchestrator.supervision.links.types import Declared, Links, Observed, Tables
from orchestrator.supervision.state import State
from orchestrator.supervision.status import Snapshot, snapshot


class LinkView:
    """The links of one run at the moment it is asked."""

    def __init__(self, plan: Plan, state: State, control: ControlServer) -> None:
        self._plan = plan
        self._addresses = state.addresses
        self._snapshot: Snapshot = snapshot(state)
        self._seen = control.beats.links()
        self._traffic = control.traffic()
        self._began = {name: unit.run.spawned_at for name, unit in state.units.items()}

    def compare(self, tables: Tables | None) -> Links:
        """Every declared link with what was seen of it."""
        units = self._snapshot.units.values()
        observed = Observed(
            now=time.monotonic(),
            sockets=self._seen,
            running=frozenset(u.unit for u in units if u.pid is not None),
            states={u.unit: f"{u.state}: {u.reason}" if u.reason else str(u.state) for u in units},
            began=self._began,
            tables=tables,
        )
        return compare(self._plan, self._addresses, observed)

    def flows(self, found: Links) -> Flows:
        """Where the messages of these links went."""
        return Flows(self._plan, (link.declared for link in found.links), self._traffic)

    def bound(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """(instance, socket) -> where it can be reached, for all that bind something."""
        return Bound(self._plan, self._addresses).addresses

    def declared(self) -> tuple[Declared, ...]:
        """The links that the plan wants, with the addresses that are known by now."""
        return declared(self._plan, self._addresses)

    def wanted(self) -> Wanted:
        """What the kernel is to be asked for."""
        bound = Bound(self._plan, self._addresses).addresses.values()
        reached = (link.address for link in declared(self._plan, self._addresses))
        return Wanted(
            addresses=frozenset((*(a for known in bound for a in known), *filter(None, reached))),
            pids={u.unit: u.pid for u in self._snapshot.units.values() if u.pid is not None},
        )

    async def look(self) -> Links:
        """Ask the kernel, in another thread, and compare."""
        tables = await asyncio.get_running_loop().run_in_executor(None, read_tables, self.wanted())
        return self.compare(tables)
