"""What is to become of that which a supervisor before this one has left. Decides; `heir` carries it out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from orchestrator.engines.protocol import Held
from orchestrator.model.types import Stop
from orchestrator.planning.changes import changes
from orchestrator.planning.types import Plan
from orchestrator.runtime.keeping import Legacy, UnitNote
from orchestrator.supervision.events import Adopted, Recalled
from orchestrator.vocabulary import NodeState

_RUNS: Final = frozenset({NodeState.STARTING, NodeState.RUNNING, NodeState.READY, NodeState.STOPPING})

_REMOVED: Final = "not in the file any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """A process that is ended before anything else happens."""

    held: Held
    stop: Stop | None
    """How; None when nothing is known of it."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """Of all that was found."""

    adopted: tuple[tuple[Held, Adopted], ...] = ()
    recalled: tuple[Recalled, ...] = ()
    leavers: tuple[Leaver, ...] = ()


def fates(legacy: Legacy, plan: Plan, held: Iterable[Held]) -> Fates:
    """For a supervisor that is to run `plan`: who has not changed goes on, others are ended or start anew."""
    latest, outdated = _latest(held)
    if legacy.stopping:
        leavers = [_leaver(legacy, h, "the topology was being stopped") for h in latest.values()]
        return Fates(leavers=(*outdated, *leavers))
    changed = _changed(legacy, plan)
    adopted, recalled, leavers = [], [], [*outdated]
    for name in dict.fromkeys((*(unit.unit for unit in plan.units), *latest)):
        one, note = latest.get(name), legacy.units.get(name)
        why = changed.get(name) or _why_not(one, note)
        if one is not None and not why:
            adopted.append((one, _adopted(one, note)))
            continue
        if one is not None:
            leavers.append(_leaver(legacy, one, why))
        if changed.get(name) != _REMOVED:
            recalled += _recalled(name, one, note, anew=name in changed)
    return Fates(adopted=tuple(adopted), recalled=tuple(recalled), leavers=tuple(leavers))


def _changed(legacy: Legacy, plan: Plan) -> dict[str, str]:
    """unit -> why its process cannot go on under the new plan."""
    found = changes(replace(plan, units=tuple(legacy.launched.values())), plan)
    gone = dict.fromkeys(found.removed, _REMOVED)
    return gone | {unit: f"{' and '.join(why)} changed" for unit, why in found.replaced.items()}


def fates_of_all(legacy: Legacy, held: Iterable[Held]) -> Fates:
    """For a supervisor that is to stop everything in order."""
    latest, outdated = _latest(held)
    known = {unit.unit for unit in legacy.plan.units}
    adopted, leavers = [], [*outdated]
    for name, one in latest.items():
        if name in known and one.ended is None:
            adopted.append((one, _adopted(one, legacy.units.get(name))))
        else:
            leavers.append(_leaver(legacy, one, "nothing is known of it"))
    return Fates(adopted=tuple(adopted), leavers=tuple(leavers))


def _latest(held: Iterable[Held]) -> tuple[dict[str, Held], list[Leaver]]:
    """Each unit's latest attempt, and those before it."""
    latest: dict[str, Held] = {}
    outdated = []
    for one in sorted(held, key=lambda h: h.attempt):
        before = latest.get(one.unit)
        if before is not None:
            outdated.append(Leaver(held=before, stop=None, why="another process took its place"))
        latest[one.unit] = one
    return latest, outdated


def _why_not(held: Held | None, note: UnitNote | None) -> str:
    """Why a process of an unchanged unit is not to be adopted; empty when it is, or there is none."""
    if held is None:
        return ""
    if note is None:
        return "nothing is known of it"
    if note.attempt > held.attempt or (note.attempt == held.attempt and note.found not in _RUNS):
        return "its end was dealt with"
    if note.attempt == held.attempt and note.found is NodeState.STOPPING:
        return note.reason or "it was being stopped"
    return ""


def _leaver(legacy: Legacy, held: Held, why: str) -> Leaver:
    launched = legacy.launched.get(held.unit)
    return Leaver(held=held, stop=None if launched is None else launched.stop, why=why)


def _adopted(held: Held, note: UnitNote | None) -> Adopted:
    same = note is not None and note.attempt == held.attempt
    return Adopted(
        unit=held.unit,
        pid=held.pid,
        attempt=held.attempt,
        ready=note is not None and same and note.ready,
        bound=frozenset(note.bound) if note is not None and same else frozenset(),
        addresses=_addresses(note) if note is not None and same else {},
        restarts=note.restarts if note is not None else 0,
        since_s=max(0.0, time.monotonic() - held.since),
    )


def _addresses(note: UnitNote) -> Mapping[tuple[str, str], tuple[str, ...]]:
    return {(instance, socket): found for instance, socket, found in note.addresses}


def _recalled(name: str, held: Held | None, note: UnitNote | None, *, anew: bool) -> list[Recalled]:
    attempt = max(held.attempt if held is not None else 0, note.attempt if note is not None else 0)
    if note is None or attempt == 0:
        return []
    state = note.found
    if state is NodeState.STOPPING:
        state = NodeState.EXITED if note.done else NodeState.STOPPED
    if state is NodeState.STOPPED and not note.user:
        state = NodeState.BACKOFF
    if anew and state is not NodeState.STOPPED:
        state = NodeState.BACKOFF
    return [
        Recalled(
            unit=name,
            state=state,
            attempt=attempt,
            reason=note.reason,
            restarts=note.restarts,
            last_exit=note.last_exit,
        )
    ]
