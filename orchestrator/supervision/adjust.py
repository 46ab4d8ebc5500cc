"""A unit whose process stays gets another plan: its probes and limits are the new ones from now on."""

from __future__ import annotations

from orchestrator.planning.changes import same
from orchestrator.planning.types import UnitPlan
from orchestrator.supervision.actions import StartProbe
from orchestrator.supervision.ending import cancel_probes
from orchestrator.supervision.events import ProbePurpose
from orchestrator.supervision.readiness import check_ready, is_asked, start_asking
from orchestrator.supervision.state import Due, Unit
from orchestrator.supervision.turn import Turn

_OF_THE_PLAN = (Due.READY_DELAY, Due.DONE_DELAY, Due.TIMEOUT)


def adjust(turn: Turn, unit: Unit, before: UnitPlan) -> None:
    """Ask about the unit what its plan wants to know, where that differs from the plan `before`."""
    run, plan = unit.run, unit.plan
    if run.pid is None or run.ending is not None or unit.settled or same(_wanted(plan), _wanted(before)):
        return
    ready = run.ready_at is not None
    unit = cancel_probes(turn, unit)
    unit = turn.run(unit, due={kind: at for kind, at in unit.due.items() if kind not in _OF_THE_PLAN})
    unit = start_asking(turn, unit, ready=not ready)
    if not ready:
        check_ready(turn, unit)
        return
    asks = plan.health is not None and is_asked(plan.health.kind)
    asking = unit.run.asking | ({ProbePurpose.HEALTH} if asks else frozenset())
    turn.run(unit, asking=asking, healthy=not asks, health_failures=0)
    if asks:
        turn.emit(StartProbe(unit=unit.name, attempt=run.attempt, purpose=ProbePurpose.HEALTH))


def _wanted(plan: UnitPlan) -> tuple[object, ...]:
    return plan.ready, plan.done, plan.health, plan.timeout_s, plan.kind
