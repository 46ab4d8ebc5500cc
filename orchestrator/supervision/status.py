"""The machine's state as others may see it: plain values for the terminal, the pictures and the control
socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.supervision.machine import is_finished, is_up
from orchestrator.supervision.readiness import missing
from orchestrator.supervision.state import Phase, State, Unit
from orchestrator.supervision.words import END_WORDS, waiting_text
from orchestrator.vocabulary import NodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSnapshot:
    """One unit at one moment. Times are monotonic seconds."""

    unit: str
    node: str
    state: NodeState
    since: float
    reason: str
    """Why it is in its state, or what it waits for."""
    attempt: int
    """0 before its first start."""
    pid: int | None
    restarts: int
    """How often its process was replaced, on request included."""
    last_exit: str | None
    """How its last process ended."""
    settled: bool
    """It has come to its end: nothing will be started for it any more."""

    @property
    def ready(self) -> bool:
        return self.state is NodeState.READY


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole topology at one moment."""

    topology: str
    units: Mapping[str, UnitSnapshot]
    """In start order."""
    up: bool
    """Every unit is ready, or has ended in a way that the topology can live with."""
    stopping: bool
    finished: bool
    failed: bool
    """The topology did not do what it should; set as soon as that is certain."""
    reason: str
    """Why it stops or has stopped; empty before."""


def snapshot(state: State) -> Snapshot:
    """What can be seen of `state`."""
    return Snapshot(
        topology=state.plan.topology,
        units={name: unit_snapshot(state, unit) for name, unit in state.units.items()},
        up=is_up(state),
        stopping=state.phase is Phase.STOPPING,
        finished=is_finished(state),
        failed=state.failed,
        reason=state.end_reason,
    )


def unit_snapshot(state: State, unit: Unit) -> UnitSnapshot:
    """What can be seen of one unit."""
    return UnitSnapshot(
        unit=unit.name,
        node=unit.plan.node,
        state=unit.state,
        since=unit.since,
        reason=_reason(state, unit),
        attempt=unit.run.attempt,
        pid=unit.run.pid,
        restarts=unit.restart_count,
        last_exit=unit.last_exit,
        settled=unit.settled,
    )


def _reason(state: State, unit: Unit) -> str:
    if unit.waiting:
        return _what_it_waits_for(state, unit)
    if unit.state is NodeState.RUNNING:
        return _what_it_lacks(state, unit)
    return unit.reason


def _what_it_waits_for(state: State, unit: Unit) -> str:
    if state.phase is not Phase.UP:
        return unit.reason
    for need in unit.plan.depends_on:
        other = state.units.get(need.unit)
        if other is not None and not other.meets(need.condition):
            text = waiting_text(need)
            return (
                f"{text}, but {other.name} {END_WORDS[other.state]} ({other.reason})"
                if other.settled
                else text
            )
    binders = _unresolved(state, unit)
    return f"waits for {', '.join(binders)} to bind" if binders else unit.reason


def _what_it_lacks(state: State, unit: Unit) -> str:
    if unit.plan.is_python and unit.run.bound and not unit.run.connected:
        binders = _unresolved(state, unit)
        if binders:
            return f"waits for {', '.join(binders)} to bind"
    lacks = missing(unit)
    return f"not ready yet: {lacks}" if lacks else unit.reason


def _unresolved(state: State, unit: Unit) -> list[str]:
    return [
        b for b in unit.plan.binders if b in state.units and not state.units[b].resolved and b != unit.name
    ]
