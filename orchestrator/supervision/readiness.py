"""Ready, done, healthy: what a unit reports and what its probes find."""

from __future__ import annotations

import math

from orchestrator.model.types import DelayProbe, HeartbeatProbe, PeersProbe, ProbeKind
from orchestrator.planning.types import UnitPlan
from orchestrator.supervision.actions import StartProbe
from orchestrator.supervision.ending import ask_to_stop
from orchestrator.supervision.events import ProbeFailed, ProbePurpose, ProbeSucceeded, ReadyReported
from orchestrator.supervision.outcome import succeed
from orchestrator.supervision.state import Due, Ending, EndKind, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.supervision.words import given, measured, probe_text, times, unanswered_text
from orchestrator.vocabulary import NodeKind, NodeState

DEFAULT_READY_TIMEOUT_S = 60.0
"""Where a unit has no `ready` of its own; the default of a probe's `timeout`."""


def is_asked(kind: ProbeKind) -> bool:
    """Whether the runtime has to ask. Heartbeats and peers come unasked, a delay is counted out here."""
    return not isinstance(kind, HeartbeatProbe | PeersProbe | DelayProbe)


def ready_timeout(plan: UnitPlan) -> float:
    """Seconds that the unit has to become ready."""
    return plan.ready.timeout_s if plan.ready is not None else DEFAULT_READY_TIMEOUT_S


def needs_report(plan: UnitPlan) -> bool:
    """Whether the unit's instances must say that they are ready: all Python units, and who is asked to."""
    return plan.is_python or (
        plan.ready is not None and isinstance(plan.ready.kind, HeartbeatProbe | PeersProbe)
    )


def needs_probe(plan: UnitPlan) -> bool:
    """Whether a probe must hold before the unit is ready."""
    return plan.ready is not None and not isinstance(plan.ready.kind, HeartbeatProbe | PeersProbe)


def start_asking(turn: Turn, unit: Unit, *, ready: bool = True) -> Unit:
    """Begin what runs beside a new process: its probes, their delays and the time limit of a task. Without
    `ready` nobody asks whether it is: that is known."""
    plan, due, asking = unit.plan, dict(unit.due), set(unit.run.asking)
    for probe, purpose, delay in (
        (plan.ready, ProbePurpose.READY, Due.READY_DELAY),
        (plan.done, ProbePurpose.DONE, Due.DONE_DELAY),
    ):
        if probe is None or (purpose is ProbePurpose.READY and not ready):
            continue
        if isinstance(probe.kind, DelayProbe):
            due[delay] = unit.run.spawned_at + probe.kind.delay_s
        elif is_asked(probe.kind):
            asking.add(purpose)
            turn.emit(StartProbe(unit=unit.name, attempt=unit.run.attempt, purpose=purpose))
    if plan.kind is NodeKind.TASK and plan.timeout_s is not None and math.isfinite(plan.timeout_s):
        due[Due.TIMEOUT] = unit.run.spawned_at + plan.timeout_s
    return turn.run(unit, asking=frozenset(asking), due=due)


# ---------------------------------------------------------------------- becoming ready


def on_ready_reported(turn: Turn, event: ReadyReported) -> None:
    unit = turn.current(event.unit, event.attempt)
    if unit is None or unit.run.ending is not None:
        return
    if event.instance not in _reporters(unit.plan):
        return
    check_ready(turn, turn.run(unit, reported=unit.run.reported | {event.instance}))


def _reporters(plan: UnitPlan) -> frozenset[str]:
    return frozenset(i.instance for i in plan.instances) or frozenset({plan.unit})


def check_ready(turn: Turn, unit: Unit) -> bool:
    """Make the unit ready when nothing is missing any more; whether it is ready now."""
    if unit.state is NodeState.READY:
        return True
    if unit.run.pid is None or unit.run.ending is not None or missing(unit) is not None:
        return False
    took = measured(turn.now - unit.run.asked_at)
    known = needs_report(unit.plan) or needs_probe(unit.plan)
    become_ready(turn, unit, f"after {took}" if known else "running; nothing says when it is ready")
    return True


def missing(unit: Unit) -> str | None:
    """What the unit lacks to be ready, in words; None when nothing."""
    run, plan = unit.run, unit.plan
    if run.pid is None:
        return "no process yet"
    if needs_report(plan):
        if plan.is_python and len(run.bound) < len(plan.instances) and not run.reported:
            return "its sockets are not bound"
        silent = sorted(_reporters(plan) - run.reported)
        if silent:
            return _unsaid(plan, ", ".join(silent))
    if needs_probe(plan) and not run.held:
        assert plan.ready is not None
        return run.refusals.get(ProbePurpose.READY) or unanswered_text(plan.ready.kind)
    return None


def _unsaid(plan: UnitPlan, silent: str) -> str:
    """Why nothing was heard from those that must say themselves that they are ready."""
    if not plan.is_python:
        return f"{silent} has not said READY"
    if plan.ready is not None and isinstance(plan.ready.kind, PeersProbe):
        return f"{silent} is not set up, or has fewer than {probe_text(plan.ready.kind)}"
    return f"the setup of {silent} is not over"


def become_ready(turn: Turn, unit: Unit, reason: str) -> None:
    """The unit is ready; from now on its health and its progress are watched."""
    plan, run = unit.plan, unit.run
    due = dict(unit.due)
    for kind in (Due.READY, Due.READY_DELAY):
        due.pop(kind, None)
    asking = run.asking - {ProbePurpose.READY}
    asks_health = plan.health is not None and is_asked(plan.health.kind)
    if asks_health:
        asking |= {ProbePurpose.HEALTH}
    unit = turn.run(unit, ready_at=turn.now, healthy=not asks_health, asking=asking, due=due)
    known = needs_report(plan) or needs_probe(plan)
    rollout = turn.state.rollout
    awaited = rollout is not None and unit.name in rollout.current  # and judged there, by how long it has run
    trial = unit.trial if awaited and not known else None
    turn.move(unit, NodeState.READY, reason, resolved=True, trial=trial)
    if asks_health:
        turn.emit(StartProbe(unit=unit.name, attempt=run.attempt, purpose=ProbePurpose.HEALTH))
    if plan.heartbeat.stall_s is not None:
        look_before(turn, turn.now + plan.heartbeat.stall_s)


def look_before(turn: Turn, at: float) -> None:
    """Have heartbeats judged at `at` or earlier."""
    look_at = turn.state.look_at
    if look_at is None or at < look_at:
        turn.set(look_at=at)


# ---------------------------------------------------------------------- what probes find


def on_probe_succeeded(turn: Turn, event: ProbeSucceeded) -> None:
    unit = _asked(turn, event)
    if unit is None:
        return
    match event.purpose:
        case ProbePurpose.READY:
            unit = turn.run(unit, held=True, asking=unit.run.asking - {ProbePurpose.READY})
            check_ready(turn, unit)
        case ProbePurpose.DONE:
            done(turn, turn.run(unit, asking=unit.run.asking - {ProbePurpose.DONE}))
        case ProbePurpose.HEALTH:
            if not unit.run.healthy or unit.run.health_failures:
                turn.run(unit, healthy=True, health_failures=0)


def _asked(turn: Turn, event: ProbeSucceeded | ProbeFailed) -> Unit | None:
    """The unit, where the answer is to a question that is still open."""
    unit = turn.units.get(event.unit)
    if unit is None or unit.run.attempt != event.attempt or unit.settled:
        return None
    if event.purpose not in unit.run.asking:
        return None
    return unit if unit.run.has_process or event.purpose is ProbePurpose.DONE else None


def on_probe_failed(turn: Turn, event: ProbeFailed) -> None:
    unit = _asked(turn, event)
    if unit is None:
        return
    unit = turn.run(unit, refusals={**unit.run.refusals, event.purpose: event.reason})
    if event.purpose is ProbePurpose.HEALTH:
        _unhealthy(turn, unit, event.reason)


def _unhealthy(turn: Turn, unit: Unit, reason: str) -> None:
    """Count a failed check. Until `start_period` is over or one check has held, failures do not count."""
    health, run = unit.plan.health, unit.run
    if health is None or run.ready_at is None:
        return
    if not run.healthy and turn.now - run.ready_at < health.start_period_s:
        return
    failures = run.health_failures + 1
    unit = turn.run(unit, health_failures=failures)
    if failures >= health.retries:
        text = f"unhealthy: {times(failures, 'check')} failed in a row ({reason})"
        ask_to_stop(turn, unit, Ending(kind=EndKind.FAILURE, reason=text))


def done(turn: Turn, unit: Unit) -> None:
    """The unit's `done` holds: it has succeeded, and its process is not needed any more."""
    assert unit.plan.done is not None
    took = measured(turn.now - unit.run.asked_at)
    text = f"done after {took} ({probe_text(unit.plan.done.kind)})"
    if unit.run.has_process:
        ask_to_stop(turn, unit, Ending(kind=EndKind.DONE, reason=text))
    else:
        succeed(turn, unit, text)


def timeout_text(unit: Unit) -> str:
    """Why a unit that is not ready in time counts as failed."""
    return (
        f"did not become ready in {given(ready_timeout(unit.plan))} ({missing(unit) or 'nothing is missing'})"
    )
