"""What the machine remembers between two events. Frozen values; changed copies are made in `turn`."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.supervision.events import FailureReported, ProbePurpose, Replanned, RollingRestartRequested
from orchestrator.supervision.wiring import Resolution, Wiring, wire
from orchestrator.vocabulary import Condition, NodeState


class Phase(Enum):
    """Where the topology as a whole stands."""

    IDLE = "idle"
    """Nothing was asked for yet; what runs already may be adopted."""
    UP = "up"
    STOPPING = "stopping"
    FINISHED = "finished"
    """Nothing happens any more, whatever comes."""


class Due(Enum):
    """What a unit's deadline is for."""

    READY = "ready"
    """It should have become ready (or have bound, where it still waits for its binders)."""
    READY_DELAY = "ready delay"
    """`ready: {delay: …}` holds."""
    DONE_DELAY = "done delay"
    """`done: {delay: …}` holds."""
    DONE_CHECK = "done check"
    """The process has ended well; its `done` probe should have held by now."""
    TIMEOUT = "timeout"
    """A task should have ended."""
    LEAVING = "leaving"
    """It reported its own failure, and should have exited by now."""
    BACKOFF = "backoff"
    """It may start again."""
    GRACE = "grace"
    """It was asked to stop, and should have exited by now."""
    GONE = "gone"
    """It was killed, and should have exited by now."""


class HeldBy(Enum):
    """Who keeps a unit down."""

    USER = "user"
    """It was asked to stop, and stays down until it is asked to start."""
    GROUP = "group"
    """It is down together with another one that has failed, and starts again with it."""
    ROLLOUT = "rollout"
    """A rollout has brought it down, or has started it and it never became ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A unit is down, or on its way there, because somebody wants it so: nothing follows from that for the
    others, and the topology stays up."""

    by: HeldBy
    reason: str


class Trial(Enum):
    """A unit that a rollout or the user has started is on trial until it is ready: what it does before that
    harms no other, and is not the topology's failure."""

    LENIENT = "lenient"
    """It is tried again, as its `restart` says."""
    ONCE = "once"
    """Its first failure is final: what it was started for is taken back then."""


class EndKind(Enum):
    """What follows when a process ends that was told to."""

    STOP = "stop"
    """The unit stays stopped."""
    START = "start"
    """It was being stopped when it was asked to start: it does so once its dependencies are there."""
    RESTART = "restart"
    """The user wants a new process; that is no failure."""
    FAILURE = "failure"
    """It had to be ended because it failed."""
    DONE = "done"
    """Its `done` probe holds: success, whatever its exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a unit is being ended. `told`: the stop signal has been sent (or the kill, with `killed`)."""

    kind: EndKind
    reason: str
    told: bool = False
    killed: bool = False


NO_DEADLINES: Final[Mapping[Due, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One attempt of a unit: everything that a new process starts afresh."""

    attempt: int = 0
    pid: int | None = None
    spawning: bool = False
    """A process was asked for, and the answer is not here yet."""
    asked_at: float = 0.0
    """When the process was asked for."""
    spawned_at: float = 0.0
    heard_at: float | None = None
    """When it is known to have been alive, without an answer to this supervisor."""
    bound: frozenset[str] = frozenset()
    """The instances that have bound."""
    connected: bool = False
    """Its instances have been told that their binders are there."""
    reported: frozenset[str] = frozenset()
    """The instances that said that they are ready."""
    held: bool = False
    """The `ready` probe has held."""
    ready_at: float | None = None
    healthy: bool = False
    health_failures: int = 0
    """In a row."""
    asking: frozenset[ProbePurpose] = frozenset()
    """The probes that run."""
    refusals: Mapping[ProbePurpose, str] = field(default_factory=dict)
    """Why a probe did not hold when it was last tried."""
    failure: FailureReported | None = None
    ending: Ending | None = None
    ended_well: str | None = None
    """How the process ended, while its `done` probe gets a last chance."""

    @property
    def has_process(self) -> bool:
        """Whether there is a process, or may be one in a moment."""
        return self.spawning or self.pid is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One supervised process."""

    plan: UnitPlan
    state: NodeState = NodeState.STOPPED
    since: float = 0.0
    """When it came into `state`."""
    reason: str = ""
    """Why it is in `state`."""
    run: Run = Run()
    due: Mapping[Due, float] = field(default_factory=lambda: NO_DEADLINES)
    settled: bool = False
    """It has reached its end; nothing starts it again but the user."""
    hold: Hold | None = None
    """Why it is kept down, where it is."""
    trial: Trial | None = None
    """A rollout or the user has started it, and it has not been ready since."""
    next_plan: UnitPlan | None = None
    """From what its next process is started, where that is not `plan`."""
    started: bool = False
    """It has had a process."""
    resolved: bool = False
    """Nobody needs to wait for it to bind any more: it has, or its first attempt is over."""
    succeeded: bool = False
    """It has completed, as a task should."""
    restarts: tuple[float, ...] = ()
    """When it was restarted after a failure, as far back as the window reaches."""
    restart_count: int = 0
    """All restarts, those the user asked for included."""
    failures: int = 0
    """Failures in a row: how far its backoff has grown."""
    last_exit: str | None = None
    """How its last process ended."""

    @property
    def name(self) -> str:
        return self.plan.unit

    @property
    def coming(self) -> UnitPlan:
        """From what its next process is started."""
        return self.plan if self.next_plan is None else self.next_plan

    @property
    def waiting(self) -> bool:
        """Not started yet, and to be started."""
        return self.state is NodeState.STOPPED and not self.settled

    @property
    def open(self) -> bool:
        """The topology does not come to its end without it."""
        return not self.settled or self.hold is not None

    @property
    def up(self) -> bool:
        """Nothing more is to be expected before the topology counts as up."""
        if self.settled:
            return self.hold is None or (self.hold.by is HeldBy.USER)
        return self.state is NodeState.READY

    @property
    def comes_back(self) -> bool:
        """It is down, or on its way there, to start again together with another one."""
        return self.hold is not None and self.hold.by is HeldBy.GROUP

    @property
    def busy(self) -> bool:
        """It has a process that uses what the unit depends on."""
        return self.run.has_process and not self.settled

    @property
    def deadline(self) -> float | None:
        """The earliest of its deadlines."""
        return min(self.due.values()) if self.due else None

    def meets(self, condition: Condition) -> bool:
        """Whether a dependent that waits for `condition` may start."""
        if self.succeeded:
            return True
        if self.hold is not None:
            return False
        match condition:
            case Condition.STARTED:
                return self.started
            case Condition.READY:
                return self.state is NodeState.READY
            case Condition.HEALTHY:
                return self.state is NodeState.READY and self.run.healthy
            case _:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Regroup:
    """Units that are brought down to be started again together, since one of them has failed."""

    leader: str
    """The one that has failed; it pauses before its next attempt, and so do all."""
    members: frozenset[str]
    """The others."""
    left: frozenset[str]
    """Those of them that are not down yet."""


class Stage(Enum):
    """How far the change to another plan has come."""

    CLEARING = "clearing"
    """What is not wanted any more, or holds an address that another one needs, is brought down."""
    STARTING = "starting"
    """Step by step, units start from the plan that is wanted."""
    ENDING = "ending"
    """Nothing is left but to forget the units that are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One plan that becomes another, or is on the way back."""

    old: Plan
    new: Plan
    before: Mapping[str, Unit]
    """The units that are removed or replaced, as they were."""
    added: frozenset[str]
    removed: frozenset[str]
    replaced: frozenset[str]
    rewired: frozenset[str] = frozenset()
    """Those that stay, and connect to others."""
    unready: frozenset[str] | None = None
    """Those that they are not connected to yet; None: they have not been told of anything."""
    turned: frozenset[str] = frozenset()
    """Those of the replaced ones that have been ended to be started from the new plan."""
    stage: Stage = Stage.CLEARING
    steps: tuple[tuple[str, ...], ...] = ()
    """To come."""
    trouble: str | None = None
    """Why everything is taken back, once it is."""
    worse: tuple[str, ...] = ()
    """What went wrong while it was taken back."""

    def awaits(self, name: str, current: Container[str]) -> bool:
        """Whether it has still to decide about a unit that is down, or on its way there; `current`: those of
        the present step."""
        if name in (self.removed if self.trouble is None else self.added):
            return True
        if any(name in step for step in self.steps):
            return True
        return self.stage is Stage.CLEARING and name in current

    @property
    def names(self) -> tuple[str, ...]:
        """All that it changes, in start order, those that go first."""
        kept = self.added | self.replaced
        gone = (unit.unit for unit in self.old.units if unit.unit in self.removed)
        return (*gone, *(unit.unit for unit in self.new.units if unit.unit in kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Units that are being changed in steps, each of which must be done before the next."""

    number: int
    reason: str
    left: tuple[str, ...] = ()
    """Those whose turn has not come, in start order."""
    current: Mapping[str, int] = field(default_factory=dict)
    """Those of the present step that are not there yet -> their last attempt before it."""
    done: tuple[str, ...] = ()
    due: float = math.inf
    """When the present step should be over."""
    change: Change | None = None
    """The plan that it leads to; None for a rolling restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the machine knows. Make one with `initial`, and new ones with `machine.step`."""

    plan: Plan
    wiring: Wiring
    seed: int
    """Of the jitter; the same seed and history give the same delays."""
    phase: Phase = Phase.IDLE
    units: Mapping[str, Unit] = field(default_factory=dict)
    unmet: Mapping[int, int] = field(default_factory=dict)
    """gate -> how many of its needs are not met."""
    busy: Mapping[int, int] = field(default_factory=dict)
    """gate -> how many of its members have a process."""
    addresses: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(instance, socket) -> where it can be reached, as it was last reported."""
    deadlines: Mapping[str, float] = field(default_factory=dict)
    """unit -> the earliest of its deadlines."""
    look_at: float | None = None
    """When heartbeats must be judged next."""
    listening_since: float = 0.0
    """Silence before this moment counts for nothing: the supervisor itself was held up."""
    open_units: int = 0
    """Units that have not reached their end, or are kept down and may come back."""
    unready_units: int = 0
    """Units that are neither ready nor at their end."""
    regroup: Regroup | None = None
    """What a failure has brought down to start it again, while that lasts."""
    rollout: Rollout | None = None
    """What is being changed step by step, while that lasts."""
    gone: Mapping[str, int] = field(default_factory=dict)
    """Units that were in an earlier plan -> their last attempt: one that comes again counts on."""
    requests: tuple[RollingRestartRequested | Replanned, ...] = ()
    """The rollouts to come, oldest first."""
    restarts: tuple[float, ...] = ()
    """When units were restarted after a failure, as far back as the window of `supervision` reaches."""
    end_reason: str = ""
    """Why the topology stops."""
    failed: bool = False
    """The topology did not do what it should."""


def initial(plan: Plan, *, seed: int) -> State:
    """The state before anything has happened. `seed` makes the jitter of restarts reproducible."""
    wiring, units = wire(plan), {u.unit: Unit(plan=u) for u in plan.units}
    return State(plan=plan, wiring=wiring, seed=seed, units=units, **counted(wiring, units))


def counted(wiring: Wiring, units: Mapping[str, Unit]) -> dict[str, Any]:
    """The fields of the state that say at once what would have to be counted: gates, deadlines, who is up."""
    return {
        "unmet": {
            number: sum(not _is_met(units[name], what) for name, what in gate.needs)
            for number, gate in enumerate(wiring.gates)
        },
        "busy": {
            number: sum(units[name].busy for name in gate.members if number == wiring.start_gate.get(name))
            for number, gate in enumerate(wiring.gates)
        },
        "deadlines": {name: at for name, unit in units.items() if (at := unit.deadline) is not None},
        "open_units": sum(unit.open for unit in units.values()),
        "unready_units": sum(not unit.up for unit in units.values()),
    }


def _is_met(unit: Unit, what: Condition | Resolution) -> bool:
    return unit.resolved if isinstance(what, Resolution) else unit.meets(what)
