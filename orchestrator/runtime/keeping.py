"""What a supervisor leaves for the next one: notes that the zygote keeps (docs/decisions/keep-and-adopt.md).

A note is written before what it tells of is done, so that it may tell of something that never came to be, but
nothing comes to be that no note tells of.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Protocol

from orchestrator.errors import RunError
from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.supervision.actions import Action, Announce
from orchestrator.supervision.events import Adopted, Bound, Event, Recalled
from orchestrator.supervision.state import EndKind, HeldBy, Phase, State, Unit
from orchestrator.vocabulary import NodeState

STOPPING: Final = "stopping"
"""Not empty once the topology is being stopped (`engines.zygote.keeper`)."""
_RUN: Final = "run"
_PLAN: Final = "plan"
_UNIT: Final = "unit:"
_LAUNCHED: Final = "launched:"

Ports = Mapping[tuple[str, str], int]
"""(host, user) -> the port that was picked for it."""


class Notes(Protocol):
    """Where notes are put down."""

    def note(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitNote:
    """What is known of a unit, as far as its process cannot tell it."""

    state: str
    attempt: int
    ready: bool
    """It has been ready in this attempt."""
    bound: tuple[str, ...]
    """The instances that have bound."""
    addresses: tuple[tuple[str, str, tuple[str, ...]], ...]
    """instance, socket, where it can be reached."""
    restarts: int
    reason: str
    last_exit: str | None
    user: bool
    """The user wants it down."""
    done: bool
    """It is being ended because it has done its work."""

    @property
    def found(self) -> NodeState:
        return NodeState(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legacy:
    """All that the supervisor before this one has left in words."""

    token: str
    """The secret that its processes know."""
    plan: Plan
    ports: Ports
    stopping: str
    """Why everything was being stopped; empty when it was not."""
    units: Mapping[str, UnitNote]
    launched: Mapping[str, UnitPlan]
    """unit -> the plan that its process was started from."""


class Keeping:
    """Writes the notes of one supervisor. `ports` tells those that have been picked so far."""

    def __init__(self, notes: Notes, ports: Callable[[], Ports]) -> None:
        self._notes = notes
        self._ports = ports
        self._plan: Plan | None = None
        self._launched: dict[str, UnitPlan] = {}
        self._stopping = False

    def begin(self, token: str) -> None:
        """The first supervisor, or the next one, is there."""
        self._notes.note(STOPPING, b"")
        self._notes.note(_RUN, json.dumps({"token": token}).encode())

    def hear(self, state: State, event: Event, actions: Iterable[Action]) -> None:
        """The machine has decided, and nothing of it has been carried out yet."""
        changed = {action.unit for action in actions if isinstance(action, Announce)}
        if isinstance(event, Bound | Adopted | Recalled):
            changed.add(event.unit)
        self._write(state, changed)

    def _write(self, state: State, units: Iterable[str]) -> None:
        if state.plan is not self._plan:
            self._write_plan(state.plan)
        if state.phase is Phase.STOPPING and not self._stopping:
            self._stopping = True
            self._notes.note(STOPPING, state.end_reason.encode() or b"?")
        for name in units:
            unit = state.units.get(name)
            if unit is not None:
                self._write_unit(state, unit)

    def _write_plan(self, plan: Plan) -> None:
        before, self._plan = self._plan, plan
        self._notes.note(_PLAN, pickle.dumps((plan, dict(self._ports()))))
        here = {unit.unit for unit in plan.units}
        for unit in () if before is None else before.units:
            if unit.unit not in here:
                self._notes.note(_UNIT + unit.unit, b"")

    def _write_unit(self, state: State, unit: Unit) -> None:
        if self._launched.get(unit.name) is not unit.plan:
            self._launched[unit.name] = unit.plan
            self._notes.note(_LAUNCHED + unit.name, pickle.dumps(unit.plan))
        self._notes.note(_UNIT + unit.name, json.dumps(asdict(_noted(state, unit))).encode())


def _noted(state: State, unit: Unit) -> UnitNote:
    instances = [i.instance for i in unit.plan.instances]
    ending = unit.run.ending
    return UnitNote(
        state=unit.state.value,
        attempt=unit.run.attempt,
        ready=unit.run.ready_at is not None,
        bound=tuple(sorted(unit.run.bound)),
        addresses=tuple((i, s, found) for (i, s), found in state.addresses.items() if i in instances),
        restarts=unit.restart_count,
        reason=unit.hold.reason if unit.hold is not None else unit.reason,
        last_exit=unit.last_exit,
        user=unit.hold is not None and unit.hold.by is HeldBy.USER,
        done=ending is not None and ending.kind is EndKind.DONE,
    )


_FIELDS: Final = frozenset(field.name for field in fields(UnitNote))


def read(notes: Mapping[str, bytes]) -> Legacy:
    """The notes of the supervisor before this one. Raises RunError when they cannot be made out."""
    try:
        plan, ports = pickle.loads(notes[_PLAN])
        if not isinstance(plan, Plan):
            raise TypeError
        return Legacy(
            token=str(json.loads(notes[_RUN])["token"]),
            plan=plan,
            ports=ports,
            stopping=notes.get(STOPPING, b"").decode(),
            units={key: _read_unit(json.loads(value)) for key, value in _under(_UNIT, notes) if value},
            launched={key: pickle.loads(value) for key, value in _under(_LAUNCHED, notes)},
        )
    except Exception as error:
        raise RunError(
            "what its supervisor has noted about it cannot be read", "end it with `orchestrator down`"
        ) from error


def _under(prefix: str, notes: Mapping[str, bytes]) -> Iterable[tuple[str, bytes]]:
    return ((key.removeprefix(prefix), value) for key, value in notes.items() if key.startswith(prefix))


def _read_unit(values: dict[str, Any]) -> UnitNote:
    known = {key: value for key, value in values.items() if key in _FIELDS}
    known["bound"] = tuple(known["bound"])
    known["addresses"] = tuple((i, s, tuple(found)) for i, s, found in known["addresses"])
    return UnitNote(**known)
