"""What a run tells those who watch it: values for the terminal, the journal, the Python API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from orchestrator.runtime.meters import Meter
from orchestrator.runtime.senders import SenderSeen
from orchestrator.vocabulary import NodeState, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLine:
    """One line that a unit wrote, without its end. `time` is seconds since the epoch."""

    time: float
    unit: str
    node: str
    attempt: int
    stream: Stream
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """A unit changed its state, and why."""

    time: float
    unit: str
    node: str
    old: NodeState
    new: NodeState
    reason: str
    attempt: int
    pid: int | None = None
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyStarting:
    time: float
    topology: str
    units: tuple[str, ...]
    run_dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyReady:
    """Every unit is ready, or has ended in a way that the topology can live with."""

    time: float
    topology: str
    units: int
    seconds: float
    """Since the run began, or since it was last ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopologyEnded:
    time: float
    topology: str
    failed: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesLost:
    """The run is over, and not all messages of a link have arrived. Told before `TopologyEnded`; counted over
    all processes that its two ends have had."""

    time: float
    sender: str
    """`instance.socket`."""
    receiver: str | None
    """None where nobody can say to which of several receivers they would have gone."""
    sent: int | None
    """To this receiver, as far as it has heard of them; None where nobody can say."""
    received: int | None
    dropped: int
    """What the receiver has missed."""
    unsent: int
    """What the sender itself had no room for, and gave up."""
    discarded: int
    """Of those received: thrown away because they were late (`on_lag: drop`)."""
    left: int | None
    """Neither received nor known to be missing: sent before the receiver came, while it was not there, or
    after its end. None where nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutEnded:
    """A rolling restart, or the change to a new plan, is over."""

    time: float
    topology: str
    rollout: int
    """Its number within the run, as the one who asked for it was told."""
    ok: bool
    reason: str
    """Why it was asked for, or why it ended before its time."""
    done: tuple[str, ...]
    """The units that have been changed."""
    left: tuple[str, ...]
    """Those that have not."""
    rolled_back: bool = False
    """Everything is as it was before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketTraffic:
    """What went through one socket of one instance so far, as the node last told."""

    node: str
    counted_s: float
    """Seconds since its process was asked for, when it told so. The counters begin at 0 with each process."""
    received: int = 0
    received_bytes: int = 0
    sent: int = 0
    sent_bytes: int = 0
    undecodable: int = 0
    dropped: int = 0
    failed: int = 0
    """Messages at which the node's own code raised, and which were passed over (`on_error`)."""
    blocked_s: float = 0.0
    """How long sends have waited for room."""
    requests: Mapping[str, int] | None = None
    """What became of the requests it made (docs/protocol.md, BEAT); None where nobody counts."""
    breaker: str | None = None
    """The state of its circuit breaker; None where it has none."""
    replies: Mapping[str, int] | None = None
    """What became of the requests it got."""
    senders: Mapping[str, SenderSeen] | None = None
    """`instance.socket` -> what came of its messages; None where messages have no envelope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Heartbeats and traffic at one moment."""

    time: float
    topology: str
    ready: int
    units: int
    pending: Mapping[str, str] = field(default_factory=dict)
    """unit -> what it waits for or lacks, for each that is neither ready nor at its end."""
    heartbeat_ages_s: Mapping[str, float] = field(default_factory=dict)
    """unit -> seconds since its last answer to a PING."""
    round_trips_s: Mapping[str, float] = field(default_factory=dict)
    """unit -> seconds between its last PING and the answer."""
    traffic: Mapping[tuple[str, str], SocketTraffic] = field(default_factory=dict)
    """(instance, socket) -> totals since that process began."""
    meters: Mapping[str, tuple[Meter, ...]] = field(default_factory=dict)
    """instance -> the counters and gauges of its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something worth a line that is no change of state: bad frames on the control channel, a full pipe."""

    time: float
    unit: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEnded:
    """A hook has run."""

    time: float
    hook: str
    """Its number in the file, from 1, and what it is: `hook 1 (page.sh)`."""
    on: str
    """What had happened: a word of `hooks.on`."""
    unit: str | None
    """To whom; None: to the whole topology."""
    failure: str | None
    """Why it failed; None when it has not."""
    seconds: float
    last_lines: tuple[str, ...] = ()
    """The last lines that the command has written, or the first ones of the answer."""
    skipped: int = 0
    """How many events before this one were left out."""


Report: TypeAlias = (
    OutputLine
    | StateChanged
    | TopologyStarting
    | TopologyReady
    | MessagesLost
    | TopologyEnded
    | RolloutEnded
    | Vitals
    | Remark
    | HookEnded
)
