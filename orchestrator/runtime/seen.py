"""What can be seen of a supervisor while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from orchestrator.planning.types import Plan
from orchestrator.runtime.control import ControlServer
from orchestrator.runtime.reports import Vitals
from orchestrator.supervision.state import State
from orchestrator.supervision.status import Snapshot, snapshot
from orchestrator.wire.control import Kind

if TYPE_CHECKING:
    from orchestrator.runtime.links import LinkView


class Seen:
    """The views. All belong to the loop's thread."""

    _state: State
    _control: ControlServer

    @property
    def plan(self) -> Plan:
        """What it runs; while it changes, the plan that it changes to, with whoever is still to go."""
        return self._state.plan

    def snapshot(self) -> Snapshot:
        """The state of everything, now."""
        return snapshot(self._state)

    def vitals(self) -> Vitals:
        """Heartbeats and traffic, now."""
        units = self.snapshot().units.values()
        ended = {unit.unit for unit in units if unit.settled}
        return Vitals(
            time=time.time(),
            topology=self.plan.topology,
            ready=sum(unit.ready for unit in units),
            units=len(units),
            pending={u.unit: u.reason for u in units if not u.ready and not u.settled},
            heartbeat_ages_s={
                unit: age for unit, age in self._control.ages(time.monotonic()).items() if unit not in ended
            },
            round_trips_s=dict(self._control.round_trips_s),
            traffic=self._control.traffic(),
            meters=self._control.beats.meters(),
        )

    def command(self, unit: str, kind: Kind, body: dict[str, Any]) -> bool:
        """Tell a node something that changes nothing of its supervision. Whether that is on its way."""
        return self._control.command(unit, kind, body)

    def links(self) -> LinkView:
        """The declared links beside what is seen of them, now."""
        from orchestrator.runtime.links import LinkView  # not needed to start

        return LinkView(self.plan, self._state, self._control)
