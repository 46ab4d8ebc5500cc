"""Alive and progress: heartbeats that stay away, main loops that make no step."""

from __future__ import annotations

from typing import Final

from orchestrator.supervision.ending import kill
from orchestrator.supervision.events import Ticked
from orchestrator.supervision.state import Ending, EndKind, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.supervision.words import measured
from orchestrator.vocabulary import NodeState

LATE_S: Final = 0.5
"""A look that comes later than this, or than one heartbeat where that is longer, says more about the
supervisor than about its units: it was stopped or starved itself, and has not heard who did answer. They get
their time anew."""


def look(turn: Turn, event: Ticked) -> None:
    """Judge all units whose process runs, and say when to look again. Before that time, do nothing."""
    look_at = turn.state.look_at
    if look_at is None or turn.now < look_at:
        return
    if turn.now - look_at > max(LATE_S, turn.wiring.shortest_interval_s):
        turn.set(listening_since=turn.now)
    turn.set(look_at=None)
    listening_since = turn.state.listening_since
    again: list[float] = []
    for unit in list(turn.units.values()):
        if unit.run.pid is None or unit.state not in (NodeState.RUNNING, NodeState.READY):
            continue
        if unit.run.failure is not None:  # it has said why it ends, and its heartbeats end with it
            continue
        again.append(
            min(_judge_pulse(turn, unit, event, listening_since), _judge_progress(turn, unit, event))
        )
    if again:
        turn.set(look_at=min(again))


def _judge_pulse(turn: Turn, unit: Unit, event: Ticked, listening_since: float) -> float:
    """When to look again. A process that never spoke is not judged: its readiness is watched otherwise."""
    heartbeat = unit.plan.heartbeat
    allowed_s = heartbeat.interval_s * heartbeat.liveness
    pong = event.pongs.get(unit.name)
    if pong is None or pong < unit.run.spawned_at:
        pong = unit.run.heard_at
    if pong is None:
        return turn.now + allowed_s
    at = max(pong, listening_since) + allowed_s
    if at <= turn.now:
        silence_s = turn.now - pong
        missed = int(silence_s / heartbeat.interval_s) if heartbeat.interval_s > 0 else heartbeat.liveness
        reason = f"frozen: no heartbeat for {measured(silence_s)} ({missed} missed)"
        kill(turn, unit, Ending(kind=EndKind.FAILURE, reason=reason))
        return turn.now + allowed_s
    return at


def _judge_progress(turn: Turn, unit: Unit, event: Ticked) -> float:
    limit_s, ready_at = unit.plan.heartbeat.stall_s, unit.run.ready_at
    if limit_s is None or ready_at is None or turn.units[unit.name].run.ending is not None:
        return float("inf")
    stuck_s = min(event.stalled.get(unit.name, 0.0), turn.now - ready_at)
    if stuck_s < limit_s:
        return turn.now + limit_s - stuck_s
    reason = f"stalled: the main loop made no step for {measured(stuck_s)}"
    kill(turn, unit, Ending(kind=EndKind.FAILURE, reason=reason))
    return float("inf")
