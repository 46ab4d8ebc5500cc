"""What happened: the only input of the supervision machine. Past tense, plain values, no clock inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from orchestrator.planning.types import Plan
from orchestrator.vocabulary import NodeState


class ProbePurpose(StrEnum):
    READY = "ready"
    DONE = "done"
    HEALTH = "health"


class FailureCause(StrEnum):
    """Why a Python node gave up by itself, as it reports on the control channel."""

    IMPORT = "import"
    """Its module or name could not be imported."""
    BIND = "bind"
    """An address could not be bound."""
    SETUP = "setup"
    """Its constructor or `setup` raised."""
    USER_CODE = "user-code"
    """Its own code raised while it ran."""
    PARAMS = "params"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequested:
    """The topology is to come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawned:
    unit: str
    pid: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpawnFailed:
    """No process could be made: missing program, no permission, no memory, missing directory."""

    unit: str
    attempt: int
    reason: str
    permanent: bool
    """True when trying again cannot help (the program does not exist)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An instance has bound all its addresses. `addresses`: socket name -> the addresses it really has."""

    unit: str
    instance: str
    attempt: int
    addresses: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyReported:
    """An instance says that it is set up and connected."""

    unit: str
    instance: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReported:
    """An instance says why it is about to end."""

    unit: str
    instance: str
    attempt: int
    cause: FailureCause
    reason: str
    permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSucceeded:
    unit: str
    attempt: int
    purpose: ProbePurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFailed:
    """One try did not hold; for `ready` and `done` that is news only once the probe's timeout has passed."""

    unit: str
    attempt: int
    purpose: ProbePurpose
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exited:
    """The process is gone. Exactly one of `code` and `signal` is set."""

    unit: str
    pid: int
    code: int | None
    signal: int | None
    out_of_memory: bool = False
    """The kernel's OOM killer ended it, as far as can be told."""
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """Time has passed. `pongs`: unit -> monotonic time of its last answer; `stalled`: unit -> seconds without
    a step.

    Units that never spoke on the heartbeat channel are absent from `pongs`.
    """

    pongs: Mapping[str, float] = field(default_factory=dict)
    stalled: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested:
    """The user, or an end of the topology, wants everything down. `at_once`: no grace, kill now."""

    reason: str
    at_once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRestartRequested:
    """The user wants this unit replaced; it does not count against its restart limit. One that does not run
    is started, as by `UnitStartRequested`."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStopRequested:
    """The user wants this unit down until it is started again. Others that need it stay as they are, the
    topology stays up, and the way it ends is nobody's failure."""

    unit: str
    reason: str
    """Why it is down, with who wanted it: `stopped by ann`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStartRequested:
    """The user wants this unit up: one that was stopped, has failed or has finished starts anew, as soon as
    what it depends on is there; one that waits for its next attempt makes it now."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingRestartRequested:
    """The user wants these units replaced one at a time, each ready before the next. The first replacement
    that does not become ready ends it. What comes while a rollout goes on waits for its turn."""

    rollout: int
    """What the `RolloutEnded` of this request will be known by."""
    units: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """The topology is to become another one while it runs. Units that are not in the new plan are stopped,
    new ones started, those of `replace` started anew from it; nobody else's process is touched. When one of
    them does not become ready, everything is taken back.
    """

    rollout: int
    """What the `RolloutEnded` of this request will be known by."""
    plan: Plan
    replace: frozenset[str]
    """Units of both plans. Those whose launch differs are replaced even where they are not named."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """A process of the unit runs already: a supervisor before this one started it. Told before
    `StartRequested`; after that, and of a unit that has a process, it changes nothing.
    """

    unit: str
    pid: int
    attempt: int
    """As which it was started. Those to come count on from here."""
    ready: bool = False
    """It had been ready. If not, it has its whole time to become so, from now on."""
    bound: frozenset[str] = frozenset()
    """The instances that have bound."""
    addresses: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(instance, socket) -> where they have."""
    restarts: int = 0
    """How often the unit was replaced so far."""
    since_s: float = 0.0
    """For how many seconds the process has been running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """The unit had come to its end under a supervisor before this one, and is left there: a finished task is
    not run again, and what the user had stopped stays down. Told before `StartRequested`, like `Adopted`.
    """

    unit: str
    state: NodeState
    """EXITED, FAILED or STOPPED; with another one the unit is started like any other, and counts on."""
    attempt: int
    reason: str
    restarts: int = 0
    last_exit: str | None = None


Event: TypeAlias = (
    StartRequested
    | Adopted
    | Recalled
    | Spawned
    | SpawnFailed
    | Bound
    | ReadyReported
    | FailureReported
    | ProbeSucceeded
    | ProbeFailed
    | Exited
    | Ticked
    | StopRequested
    | UnitRestartRequested
    | UnitStopRequested
    | UnitStartRequested
    | RollingRestartRequested
    | Replanned
)
