"""The topology of an experiment while it runs: a System that remembers whose processes have ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from orchestrator.app.system import System
from orchestrator.errors import RunError
from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan
from orchestrator.runtime.reports import Report, StateChanged, TopologyStarting, Vitals
from orchestrator.supervision.status import Snapshot
from orchestrator.vocabulary import NodeState

_ENDED_BADLY: Final = (NodeState.BACKOFF, NodeState.FAILED)


class Subject(System):
    """What the experiment is made on. Everything here may be called from any thread.

    `starting` is called with the run directory on the supervisor's thread, when its control socket is bound
    and nothing has been started yet.
    """

    def __init__(
        self,
        topology: Topology,
        *,
        profiles: Collection[str],
        environ: Mapping[str, str],
        adjust: Callable[[Plan], Plan],
        starting: Callable[[str], None],
    ) -> None:
        super().__init__(topology, profiles=profiles, environ=environ, adjust=adjust)
        self._starting = starting
        self._ends: dict[str, list[str]] = {}

    @property
    def ends(self) -> dict[str, tuple[str, ...]]:
        """unit -> why its processes ended, for all whose end nobody had asked for."""
        with self._changed:
            return {unit: tuple(reasons) for unit, reasons in self._ends.items()}

    @property
    def over(self) -> str | None:
        """How the topology has ended: empty when it did so well; None while it runs."""
        with self._changed:
            if self._error is not None:
                return str(self._error)
            if self._outcome is None:
                return None
            return self._outcome.reason or "it has failed" if self._outcome.failed else ""

    def look(self) -> Snapshot | None:
        """The state of everything; None once the topology has ended."""
        try:
            return self.snapshot()
        except RunError:
            return None

    def vitals(self) -> Vitals | None:
        """What has been counted; None once the topology has ended."""
        try:
            return self._ask(lambda supervisor: supervisor.vitals())
        except RunError:
            return None

    def stop_unit(self, unit: str, reason: str) -> None:
        """Stop one unit; the topology stays up."""
        self._call(lambda supervisor: supervisor.stop_unit(unit, reason))

    def stop_now(self) -> None:
        """Have everything killed; does not wait."""
        self._call(lambda supervisor: supervisor.stop("interrupted again", at_once=True))

    def _hear(self, report: Report) -> None:
        match report:
            case TopologyStarting():
                self._starting(report.run_dir)
            case StateChanged() if report.new in _ENDED_BADLY:
                self._note(report)
            case StateChanged() if report.new is NodeState.STARTING and report.attempt > 1:
                self._note(report)
            case _:
                pass
        super()._hear(report)

    def _note(self, change: StateChanged) -> None:
        with self._changed:
            self._ends.setdefault(change.unit, []).append(change.reason.partition("; ")[0])
