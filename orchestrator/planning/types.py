"""What `up` is going to do, decided before anything starts. Values only; the supervisor carries it out.

The supervised thing is a *unit*: one OS process. A unit hosts one node instance, or several where nodes share
a `process`. A node instance is a node's replica: `strategy-1` for the second of three, `feed` for a single
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.types import Health, Heartbeat, Logs, Probe, Resources, Restart, Stop, Supervision
from orchestrator.span import Span
from orchestrator.vocabulary import Condition, NodeKind, SocketType
from orchestrator.wire.launch import InstanceLaunch


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLaunch:
    """How to start a foreign program. Nothing is left to expand."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDependency:
    unit: str
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPlan:
    """One OS process to be supervised."""

    unit: str
    """The instance's name, or the word of `process` where several instances share it."""
    node: str
    """The node whose settings govern the unit (the first, where several share a process)."""
    instances: tuple[InstanceLaunch, ...]
    foreign: ForeignLaunch | None
    env: Mapping[str, str]
    """What is added to the supervisor's own environment."""
    cwd: str
    stdin: str | None
    kind: NodeKind
    expendable: bool
    depends_on: tuple[UnitDependency, ...]
    binders: tuple[str, ...]
    """Units that should have bound before this one connects (Python) or starts (foreign). Soft: order, not
    duty."""
    ready: Probe | None
    """None: `heartbeat` for a Python unit, nothing to wait for with a foreign one."""
    done: Probe | None
    health: Health | None
    heartbeat: Heartbeat
    restart: Restart
    stop: Stop
    timeout_s: float | None
    resources: Resources
    probe_addresses: Mapping[str, str]
    """socket name -> address, for probes that name a socket (`tcp: orders`, `zmq: {socket: …}`)."""
    probe_types: Mapping[str, SocketType] = field(default_factory=dict)
    span: Span

    @property
    def is_python(self) -> bool:
        return self.foreign is None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """What the failure of a node's units means for the topology."""

    node: str
    units: tuple[str, ...]
    min_replicas: int
    expendable: bool
    essential: bool = False
    """Its end may be the end of the topology."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    topology: str
    file: str
    directory: str
    run_dir: str
    """Absolute, 0700, made by the runtime, removed at the end; short, because ipc paths end at 107 bytes."""
    units: tuple[UnitPlan, ...]
    """In start order: binders before connectors, dependencies before dependents."""
    nodes: tuple[NodePlan, ...]
    supervision: Supervision = field(default_factory=Supervision)
    logs: Logs = field(default_factory=Logs)
    open_sockets: frozenset[str] = frozenset()
    """As `node.socket`: those that programs outside of the topology connect to, as its endpoints say."""

    def unit(self, name: str) -> UnitPlan:
        return next(u for u in self.units if u.unit == name)
