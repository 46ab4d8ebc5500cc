"""Whether what must hold after a fault held: values in, findings out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.chaos.verdict import Finding
from orchestrator.model.quantities import format_duration
from orchestrator.supervision.status import Snapshot, UnitSnapshot
from orchestrator.supervision.words import measured

READY_AGAIN: Final = "ready_again_within"
UNTOUCHED: Final = "others_untouched"
SURVIVES: Final = "topology_survives"


@dataclass(frozen=True, slots=True)
class Before:
    """What a unit was like before a fault."""

    attempt: int
    restarts: int
    pid: int | None


def before(snapshot: Snapshot) -> dict[str, Before]:
    """All units of a snapshot."""
    return {name: Before(unit.attempt, unit.restarts, unit.pid) for name, unit in snapshot.units.items()}


def is_back(snapshot: Snapshot, were: Mapping[str, Before], killed: Collection[str]) -> bool:
    """Whether everything is ready, and those that were surely killed have been replaced or will not be."""
    if not snapshot.up:
        return False
    return all(_is_new(snapshot.units[name], were[name]) for name in killed if name in snapshot.units)


def _is_new(unit: UnitSnapshot, was: Before) -> bool:
    return unit.settled or unit.attempt != was.attempt


def replaced(snapshot: Snapshot, were: Mapping[str, Before]) -> list[UnitSnapshot]:
    """Those who have another process than before."""
    return [u for name, u in snapshot.units.items() if name in were and u.attempt != were[name].attempt]


def ready_again(
    took_s: float | None,
    within_s: float,
    snapshot: Snapshot | None,
    were: Mapping[str, Before],
    over: str | None,
) -> Finding:
    """`took_s`: how long after the end of the fault; None when it did not come about."""
    if took_s is not None and snapshot is not None:
        text = "all were ready" if took_s == 0 else f"all were ready after {measured(took_s)}"
        new = [f"{u.unit} was replaced ({u.last_exit})" for u in replaced(snapshot, were)]
        return Finding(expectation=READY_AGAIN, held=True, told="; ".join([text, *new]))
    if snapshot is None:
        reason = f": {over}" if over else ""
        return Finding(expectation=READY_AGAIN, held=False, told=f"the topology has ended{reason}")
    late = [f"{u.unit} is {u.state}: {u.reason}" for u in snapshot.units.values() if not _is_well(u)]
    who = "; ".join(late) or "a killed process was not replaced"
    return Finding(
        expectation=READY_AGAIN, held=False, told=f"not ready within {format_duration(within_s)}: {who}"
    )


def _is_well(unit: UnitSnapshot) -> bool:
    return unit.ready or unit.settled


def others_untouched(
    snapshot: Snapshot | None, were: Mapping[str, Before], victims: Collection[str]
) -> Finding:
    """Whether everybody else has the same process as before."""
    if snapshot is None:
        return Finding(expectation=UNTOUCHED, held=False, told="all have ended")
    touched = [
        f"{name} was replaced ({unit.last_exit or unit.reason})"
        for name, unit in snapshot.units.items()
        if name not in victims and name in were and _is_touched(unit, were[name])
    ]
    text = "; ".join(touched) or "all other processes are the same"
    return Finding(expectation=UNTOUCHED, held=not touched, told=text)


def _is_touched(unit: UnitSnapshot, was: Before) -> bool:
    """A task that has come to its end meanwhile has done so by itself."""
    if unit.settled and unit.attempt == was.attempt and unit.state == "exited":
        return False
    return (unit.attempt, unit.restarts, unit.pid) != (was.attempt, was.restarts, was.pid)


def survives(over: str | None, left_out: int) -> Finding:
    """Whether the topology was there until the last fault was over."""
    if over is None or (over == "" and not left_out):
        return Finding(expectation=SURVIVES, held=True, told="it did")
    text = f"it has failed: {over}" if over else f"it had ended by itself, {left_out} faults too early"
    return Finding(expectation=SURVIVES, held=False, told=text)
