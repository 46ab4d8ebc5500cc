"""What is to be done: the only output of the supervision machine. Imperative; the runtime carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.supervision.events import ProbePurpose
from orchestrator.vocabulary import NodeState
from orchestrator.wire.launch import ConnectTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """Start the unit's process. `attempt` counts from 1 and marks everything this process will report.

    `addresses`: (instance, socket) -> the addresses its binders have by now; what is missing comes by
    `Connect`.
    """

    unit: str
    attempt: int
    addresses: Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Tell a Python unit that its binders are there, and where: (instance, socket) -> addresses.

    `targets`: its own (instance, socket) -> where that connects to from now on.
    """

    unit: str
    attempt: int
    addresses: Mapping[tuple[str, str], tuple[str, ...]]
    targets: Mapping[tuple[str, str], tuple[ConnectTarget, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToStop:
    """Send the unit's stop signal (Python units are told on the control channel as well)."""

    unit: str
    attempt: int
    signal: str
    drain: bool = False
    """Somebody asked for this, and the rest goes on: nothing that was sent to the unit should be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """SIGKILL to the whole process group. Also sent after a unit's own end, for what it left behind."""

    unit: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProbe:
    unit: str
    attempt: int
    purpose: ProbePurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelProbes:
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """A change of state that a person should see: one status line, one journal entry, one message to
    subscribers."""

    unit: str
    old: NodeState
    new: NodeState
    reason: str
    attempt: int
    pid: int | None = None
    last_lines: tuple[str, ...] = ()
    """The end of the unit's output, where the change is a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutEnded:
    """A change of several units, asked for as one, is over. Told of every one that was asked for."""

    rollout: int
    """As in the request."""
    ok: bool
    """Everything that was asked for was done."""
    reason: str
    """Why it was asked for, or why it ended before its time."""
    done: tuple[str, ...]
    """The units that have been changed."""
    left: tuple[str, ...]
    """Those that have not."""
    rolled_back: bool = False
    """Everything is as it was before; then nothing is `done`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Nothing is left to supervise. `failed`: the topology did not do what it should; `reason` says why."""

    failed: bool
    reason: str


Action: TypeAlias = (
    Spawn | Connect | AskToStop | Kill | StartProbe | CancelProbes | Announce | RolloutEnded | Finish
)
