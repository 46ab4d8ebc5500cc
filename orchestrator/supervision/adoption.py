"""Taking over what a supervisor before this one has left: units that run, and units that had ended."""

from __future__ import annotations

import math
from typing import Final

from orchestrator.planning.reachable import reachable
from orchestrator.supervision.ending import cancel_probes, settle
from orchestrator.supervision.events import Adopted, Recalled
from orchestrator.supervision.readiness import (
    become_ready,
    check_ready,
    look_before,
    ready_timeout,
    start_asking,
)
from orchestrator.supervision.state import NO_DEADLINES, Due, HeldBy, Hold, Phase, Run, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.supervision.words import measured
from orchestrator.vocabulary import NodeState

_ENDS: Final = frozenset({NodeState.EXITED, NodeState.FAILED, NodeState.STOPPED})


def on_adopted(turn: Turn, event: Adopted) -> None:
    """The process takes its unit's place as if it had just been started, or had just become ready."""
    unit = _newcomer(turn, event.unit)
    if unit is None:
        return
    _learn(turn, event)
    instances = frozenset(i.instance for i in unit.plan.instances)
    bound = instances if event.ready else event.bound & instances
    run = Run(
        attempt=event.attempt,
        pid=event.pid,
        asked_at=turn.now - event.since_s,
        spawned_at=turn.now - event.since_s,
        heard_at=turn.now if unit.plan.is_python else None,
        bound=bound,
        connected=event.ready,
        reported=(instances or frozenset({unit.name})) if event.ready else frozenset(),
        held=event.ready,
    )
    resolved = event.ready or (unit.plan.is_python and bound == instances)
    unit = turn.update(unit, run=run, started=True, resolved=resolved, restart_count=event.restarts)
    unit = start_asking(turn, unit, ready=not event.ready)
    look_before(turn, turn.now + unit.plan.heartbeat.interval_s * unit.plan.heartbeat.liveness)
    text = f"adopted: process {event.pid} has been running for {measured(event.since_s)}"
    if event.ready:
        become_ready(turn, unit, text)
        return
    unit = turn.move(unit, NodeState.RUNNING, text)
    if not check_ready(turn, unit) and math.isfinite(limit := ready_timeout(unit.plan)):
        turn.due(turn.units[unit.name], Due.READY, turn.now + limit)


def _newcomer(turn: Turn, name: str) -> Unit | None:
    """The unit, where nothing is known of it yet and nothing has been started."""
    unit = turn.units.get(name)
    if unit is None or turn.state.phase is not Phase.IDLE or not unit.waiting or unit.started:
        return None
    return unit


def _learn(turn: Turn, event: Adopted) -> None:
    told = {key: tuple(reachable(a) for a in found) for key, found in event.addresses.items()}
    if told:
        turn.set(addresses={**turn.state.addresses, **told})


def lose(turn: Turn, unit: Unit) -> None:
    """An adopted process is gone before the topology was asked to come up: its unit will be started then."""
    unit = cancel_probes(turn, unit)
    unit = turn.update(unit, run=Run(attempt=unit.run.attempt), due=NO_DEADLINES)
    turn.move(unit, NodeState.STOPPED, f"{unit.last_exit} right after it was adopted")


def on_recalled(turn: Turn, event: Recalled) -> None:
    unit = _newcomer(turn, event.unit)
    if unit is None:
        return
    if event.state not in _ENDS:
        turn.update(
            unit,
            run=Run(attempt=event.attempt),
            started=event.attempt > 0,
            restart_count=event.restarts,
            last_exit=event.last_exit,
            reason=f"attempt {event.attempt + 1}",
        )
        return
    stopped = event.state is NodeState.STOPPED
    unit = turn.update(
        unit,
        run=Run(attempt=event.attempt),
        started=event.attempt > 0,
        succeeded=event.state is NodeState.EXITED,
        restart_count=event.restarts,
        last_exit=event.last_exit,
        hold=Hold(by=HeldBy.USER, reason=event.reason) if stopped else None,
    )
    settle(turn, unit, event.state, event.reason)
