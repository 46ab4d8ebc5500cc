"""A world without processes to try the machine in: plans in a line, a clock turned by hand, obedient units.

Nothing here is loaded by a running supervisor.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from orchestrator.model.types import (
    Health,
    Heartbeat,
    Probe,
    ProbeKind,
    Resources,
    Restart,
    Stop,
    Supervision,
)
from orchestrator.planning.types import ForeignLaunch, NodePlan, Plan, UnitDependency, UnitPlan
from orchestrator.span import NOWHERE
from orchestrator.supervision.actions import (
    Action,
    Announce,
    AskToStop,
    Finish,
    Kill,
    Spawn,
)
from orchestrator.supervision.events import (
    Adopted,
    Bound,
    Event,
    Exited,
    ReadyReported,
    Spawned,
    StartRequested,
    StopRequested,
    Ticked,
)
from orchestrator.supervision.machine import State, initial, next_deadline, step
from orchestrator.supervision.state import Unit
from orchestrator.supervision.words import signal_number
from orchestrator.vocabulary import Condition, NodeKind, NodeState
from orchestrator.wire.launch import InstanceLaunch

_A = TypeVar("_A", bound=Action)


# ---------------------------------------------------------------------- plans


def make_probe(kind: ProbeKind, *, interval_s: float = 0.1, timeout_s: float = 60.0) -> Probe:
    """A `ready` or `done` that stands in no file."""
    return Probe(kind=kind, span=NOWHERE, path=(), interval_s=interval_s, timeout_s=timeout_s)


def make_health(kind: ProbeKind, **settings: Any) -> Health:
    """A `health` that stands in no file."""
    return Health(kind=kind, span=NOWHERE, path=(), **settings)


def needs(*dependencies: str, condition: Condition = Condition.READY) -> tuple[UnitDependency, ...]:
    """`depends_on` with one condition for all."""
    return tuple(UnitDependency(unit=unit, condition=condition) for unit in dependencies)


def make_unit(
    name: str,
    *,
    python: bool = True,
    instances: tuple[InstanceLaunch, ...] | None = None,
    kind: NodeKind = NodeKind.SERVICE,
    heartbeat: Heartbeat | None = None,
    restart: Restart | None = None,
    stop: Stop | None = None,
    **settings: Any,
) -> UnitPlan:
    """A unit with the defaults of the language; `settings` are further fields of `UnitPlan`."""
    fields: dict[str, Any] = {
        "env": {},
        "cwd": "/",
        "stdin": None,
        "expendable": False,
        "depends_on": (),
        "binders": (),
        "ready": None,
        "done": None,
        "health": None,
        "timeout_s": None,
        "resources": Resources(),
        "probe_addresses": {},
        "span": NOWHERE,
    }
    target = "module:Node" if python else None
    return UnitPlan(
        unit=name,
        node=name,
        instances=instances or (InstanceLaunch(instance=name, node=name, replica=0, target=target),),
        foreign=None if python else ForeignLaunch(argv=(name,)),
        kind=kind,
        heartbeat=heartbeat or Heartbeat(),
        restart=restart or Restart(),
        stop=stop or Stop(),
        **(fields | settings),
    )


def make_plan(
    *units: UnitPlan,
    nodes: Iterable[NodePlan] | None = None,
    supervision: Supervision | None = None,
    essential: Container[str] = (),
) -> Plan:
    """A plan of these units; without `nodes` each unit is a node of its own, and those named `essential` are
    that."""
    if nodes is None:
        nodes = (
            NodePlan(
                node=u.unit,
                units=(u.unit,),
                min_replicas=1,
                expendable=u.expendable,
                essential=u.unit in essential,
            )
            for u in units
        )
    return Plan(
        topology="test",
        file="<python>",
        directory="/",
        run_dir="/run",
        units=units,
        nodes=tuple(nodes),
        supervision=supervision or Supervision(),
    )


# ---------------------------------------------------------------------- the world


@dataclass(slots=True)
class World:
    """A plan under the machine, with processes that are numbers.

    With `obedient`, what the machine orders comes true at once: processes are made, Python units bind and
    become ready, the stop signal and SIGKILL end them. `defiant` names the units that ignore the stop signal.
    """

    plan: Plan
    seed: int = 1
    obedient: bool = True
    defiant: frozenset[str] = frozenset()
    now: float = 1000.0
    live: dict[str, int] = field(default_factory=dict)
    """unit -> pid of its process."""
    history: list[tuple[float, Event | Action]] = field(default_factory=list)
    frozen: dict[str, float] = field(default_factory=dict)
    """unit -> when it answered for the last time; all others answer always."""
    stalled: Mapping[str, float] = field(default_factory=dict)
    state: State = field(init=False)
    _last_pid: int = 100

    def __post_init__(self) -> None:
        self.state = initial(self.plan, seed=self.seed)

    # -- driving

    def send(self, event: Event) -> list[Action]:
        """Take one step, and with `obedient` all that follows from it. Returns the actions of the first."""
        self.history.append((self.now, event))
        self.state, actions = step(self.state, event, self.now)
        self.history.extend((self.now, action) for action in actions)
        if self.obedient:
            for action in actions:
                self._obey(action)
        return actions

    def start(self) -> None:
        self.send(StartRequested())

    def adopt(self, unit: str, *, pid: int, attempt: int, **facts: Any) -> None:
        """A process of the unit has been running since before."""
        self.live[unit] = pid
        self.send(Adopted(unit=unit, pid=pid, attempt=attempt, **facts))

    def stop(self, reason: str = "interrupted", *, at_once: bool = False) -> None:
        self.send(StopRequested(reason=reason, at_once=at_once))

    def tick(self) -> list[Action]:
        """Tell the machine the time and who has answered."""
        units = self.state.units
        pongs = {u: self.now for u in self.live if u in units and units[u].plan.is_python} | self.frozen
        return self.send(Ticked(pongs=pongs, stalled=self.stalled))

    def advance(self, seconds: float) -> None:
        """Let time pass, with a tick whenever the machine wants one, and one at the end."""
        until = self.now + seconds
        while (deadline := next_deadline(self.state)) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.tick()
        self.now = until
        self.tick()

    # -- what processes do

    def spawned(self, unit: str) -> int:
        """The process that was asked for is there."""
        self._last_pid += 1
        self.live[unit] = self._last_pid
        self.send(Spawned(unit=unit, pid=self._last_pid, attempt=self.unit(unit).run.attempt))
        return self._last_pid

    def bound(self, unit: str, **sockets: tuple[str, ...]) -> None:
        """Every instance of the unit has bound; `sockets` are those of the first."""
        for number, instance in enumerate(self.unit(unit).plan.instances):
            addresses = sockets if number == 0 else {}
            attempt = self.unit(unit).run.attempt
            self.send(Bound(unit=unit, instance=instance.instance, attempt=attempt, addresses=addresses))

    def reports_ready(self, unit: str) -> None:
        """Every instance of the unit says that it is ready."""
        for instance in self.unit(unit).plan.instances:
            attempt = self.unit(unit).run.attempt
            self.send(ReadyReported(unit=unit, instance=instance.instance, attempt=attempt))

    def exits(
        self, unit: str, code: int | None = 0, *, signal: int | None = None, **facts: Any
    ) -> list[Action]:
        """The unit's process ends: by `signal` where one is given, else with `code`."""
        pid = self.live.pop(unit)
        code = None if signal is not None else code
        return self.send(Exited(unit=unit, pid=pid, code=code, signal=signal, **facts))

    def _obey(self, action: Action) -> None:
        match action:
            case Spawn():
                self.spawned(action.unit)
                if self.unit(action.unit).plan.is_python and action.unit in self.live:
                    self.bound(action.unit)
                    self.reports_ready(action.unit)
            case AskToStop() if action.unit not in self.defiant and action.unit in self.live:
                self.exits(action.unit, signal=signal_number(action.signal))
            case Kill() if action.unit in self.live and self.unit(action.unit).run.pid is not None:
                self.exits(action.unit, signal=9)
            case _:
                pass

    # -- looking

    def unit(self, name: str) -> Unit:
        return self.state.units[name]

    def states(self) -> dict[str, NodeState]:
        return {name: unit.state for name, unit in self.state.units.items()}

    def actions(self, kind: type[_A], unit: str | None = None) -> list[_A]:
        """All actions of a kind so far, in order; of one unit where named."""
        return [
            a
            for _, a in self.history
            if isinstance(a, kind) and (unit is None or getattr(a, "unit", None) == unit)
        ]

    def times(self, kind: type[Action], unit: str) -> list[float]:
        """When actions of a kind were issued for a unit."""
        return [at for at, a in self.history if isinstance(a, kind) and getattr(a, "unit", None) == unit]

    def reasons(self, unit: str) -> list[str]:
        """What was announced about a unit: `ready: after 0.1 s`."""
        return [f"{a.new}: {a.reason}" for a in self.actions(Announce, unit)]

    @property
    def finish(self) -> Finish | None:
        """The end, when it has come."""
        found = self.actions(Finish)
        return found[-1] if found else None
