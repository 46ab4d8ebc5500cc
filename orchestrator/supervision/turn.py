"""One step of the machine while it is being taken: a working copy of the state, and the actions so far.

Every change of a unit goes through `Turn`, which keeps the counters, deadlines and gates in step with it.
What follows from a change is queued as an *effect* and handled after it, so that a chain of a thousand units
is no recursion. Ends come before starts: nobody is started by a step in which the topology is given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.supervision.actions import Action, Announce
from orchestrator.supervision.state import Due, State, Unit, counted
from orchestrator.supervision.wiring import Need, Resolution, Wiring, wire
from orchestrator.vocabulary import Condition, NodeState


@dataclass(frozen=True, slots=True)
class GateOpened:
    """All needs of a gate are met."""

    gate: int


@dataclass(frozen=True, slots=True)
class BackoffOver:
    """A unit has waited long enough to start again."""

    unit: str


@dataclass(frozen=True, slots=True)
class UnitSettled:
    """A unit has reached its end."""

    unit: str


@dataclass(frozen=True, slots=True)
class GateQuiet:
    """No member of a gate has a process any more: what they depend on may be stopped, if it is to be."""

    gate: int


@dataclass(frozen=True, slots=True)
class GroupDown:
    """Everything that is to start again together is down, and the pause is over."""


_CONDITIONS: Final = tuple(Condition)


class Turn:
    """The working copy. Lives for one `step`; `close` gives the new state and the actions."""

    __slots__ = (
        "_busy",
        "_changed",
        "_deadlines",
        "_state",
        "_units",
        "_unmet",
        "actions",
        "moved",
        "now",
        "settled",
        "starts",
    )

    def __init__(self, state: State, now: float) -> None:
        self.now = now
        self.actions: list[Action] = []
        self.moved: set[str] = set()
        """The units whose state was decided upon in this step, be it the same as before."""
        self.settled: deque[UnitSettled | GateQuiet] = deque()
        self.starts: deque[GateOpened | BackoffOver | GroupDown] = deque()
        self._state = state
        self._changed: dict[str, Any] = {}
        self._units: dict[str, Unit] | None = None
        self._unmet: dict[int, int] | None = None
        self._busy: dict[int, int] | None = None
        self._deadlines: dict[str, float] | None = None

    # ------------------------------------------------------------------ reading

    @property
    def wiring(self) -> Wiring:
        return self._state.wiring

    @property
    def state(self) -> State:
        """The state's own fields, as they stand now. Units, gates and deadlines are read by the methods
        below."""
        if self._changed:
            self._state = replace(self._state, **self._changed)
            self._changed = {}
        return self._state

    @property
    def units(self) -> Mapping[str, Unit]:
        return self._state.units if self._units is None else self._units

    @property
    def deadlines(self) -> Mapping[str, float]:
        return self._state.deadlines if self._deadlines is None else self._deadlines

    def plan(self, unit: str) -> UnitPlan:
        return self.wiring.plans[unit]

    def current(self, unit: str, attempt: int) -> Unit | None:
        """The unit, when the attempt is its present one and is being made or has a process; else None."""
        found = self.units.get(unit)
        if found is None or found.run.attempt != attempt or not found.run.has_process:
            return None
        return found

    def is_open(self, gate: int | None) -> bool:
        """Whether all needs of a gate are met; None is a gate without needs."""
        return gate is None or self._now_unmet()[gate] == 0

    def busy(self, gate: int) -> int:
        """How many members of the gate have a process."""
        return (self._state.busy if self._busy is None else self._busy)[gate]

    # ------------------------------------------------------------------ changing

    def emit(self, action: Action) -> None:
        self.actions.append(action)

    def set(self, **changes: Any) -> None:
        """Change fields of the state itself."""
        self._changed.update(changes)

    def run(self, unit: Unit, *, due: Mapping[Due, float] | None = None, **changes: Any) -> Unit:
        """Change facts of the unit's present attempt, and its deadlines where given."""
        new = replace(unit, run=replace(unit.run, **changes), due=unit.due if due is None else due)
        return self._store(unit, new)

    def update(self, unit: Unit, **changes: Any) -> Unit:
        """Change fields of a unit other than its state."""
        return self._store(unit, replace(unit, **changes))

    def move(
        self, unit: Unit, state: NodeState, reason: str, *, last_lines: tuple[str, ...] = (), **changes: Any
    ) -> Unit:
        """Bring a unit into a state and announce it, unless it is there already."""
        moved = state is not unit.state
        self.moved.add(unit.name)
        since = self.now if moved else unit.since
        new = self._store(unit, replace(unit, state=state, reason=reason, since=since, **changes))
        if moved:
            self.emit(
                Announce(
                    unit=new.name,
                    old=unit.state,
                    new=state,
                    reason=reason,
                    attempt=new.run.attempt,
                    pid=new.run.pid,
                    last_lines=last_lines,
                )
            )
        return new

    def rewire(self, plan: Plan, units: Mapping[str, Unit], **changes: Any) -> None:
        """Go on under another plan, with these units. Only when no effect waits: those name gates."""
        wiring = wire(plan)
        self._state = replace(
            self.state, plan=plan, wiring=wiring, units=units, **counted(wiring, units), **changes
        )
        self._units = self._unmet = self._busy = self._deadlines = None

    def due(self, unit: Unit, kind: Due, at: float | None) -> Unit:
        """Set one deadline of a unit, or take it away with None."""
        others = {k: t for k, t in unit.due.items() if k is not kind}
        return self.update(unit, due=others if at is None else {**others, kind: at})

    def close(self) -> tuple[State, list[Action]]:
        """The new state, and what is to be done."""
        if self._units is not None:
            self.set(units=self._units)
        if self._unmet is not None:
            self.set(unmet=self._unmet)
        if self._busy is not None:
            self.set(busy=self._busy)
        if self._deadlines is not None:
            self.set(deadlines=self._deadlines)
        return self.state, self.actions

    # ------------------------------------------------------------------ keeping in step

    def _store(self, old: Unit, new: Unit) -> Unit:
        if self._units is None:
            self._units = dict(self._state.units)
        self._units[new.name] = new
        if old.due is not new.due:
            self._keep_deadline(new)
        if old.up != new.up:
            self.set(unready_units=self.state.unready_units + (-1 if new.up else 1))
        if old.open != new.open:
            self.set(open_units=self.state.open_units + (1 if new.open else -1))
        if old.busy != new.busy:
            self._keep_busy(new)
        if new.settled and not old.settled:
            self.settled.append(UnitSettled(new.name))
        self._keep_gates(old, new)
        return new

    def _keep_deadline(self, unit: Unit) -> None:
        deadline = unit.deadline
        if self._deadlines is None:
            self._deadlines = dict(self._state.deadlines)
        if deadline is None:
            self._deadlines.pop(unit.name, None)
        else:
            self._deadlines[unit.name] = deadline

    def _keep_busy(self, unit: Unit) -> None:
        gate = self.wiring.start_gate.get(unit.name)
        if gate is None:
            return
        if self._busy is None:
            self._busy = dict(self._state.busy)
        self._busy[gate] += 1 if unit.busy else -1
        if self._busy[gate] == 0:
            self.settled.append(GateQuiet(gate))

    def _keep_gates(self, old: Unit, new: Unit) -> None:
        """Open and close the gates for which the change makes a difference."""
        if old.resolved != new.resolved:
            self._count((new.name, Resolution.RESOLVED), -1)
        if (
            old.state is new.state
            and old.run is new.run
            and old.started == new.started
            and old.succeeded == new.succeeded
            and old.hold is new.hold
        ):
            return
        for condition in _CONDITIONS:
            before, after = old.meets(condition), new.meets(condition)
            if before != after:
                self._count((new.name, condition), -1 if after else 1)

    def _count(self, need: Need, step: int) -> None:
        for gate in self.wiring.opened_by.get(need, ()):
            if self._unmet is None:
                self._unmet = dict(self._state.unmet)
            self._unmet[gate] += step
            if self._unmet[gate] == 0:
                self.starts.append(GateOpened(gate))

    def _now_unmet(self) -> Mapping[int, int]:
        return self._state.unmet if self._unmet is None else self._unmet
