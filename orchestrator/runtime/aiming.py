"""Telling nodes that run that they connect to others now.

What is to end is not left before it has ended. Leaving throws away what is on its way from there; and also
what is on its way there, when the other reads slower than this one writes (libzmq 4.3.5; measured). One that
will be back at another address is left meanwhile: what is sent to it would wait at the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.control import ControlServer
from orchestrator.supervision.actions import Connect
from orchestrator.supervision.events import Bound
from orchestrator.supervision.state import State
from orchestrator.transport.endpoint import ParsedEndpoint, parse_endpoint
from orchestrator.wire.launch import ConnectTarget, SocketLaunch

Key = tuple[str, str]
"""Instance and socket."""
Targets = tuple[ConnectTarget, ...]


class Aims:
    """Where the sockets of running nodes connect to, where that is not as they were started."""

    def __init__(self, control: ControlServer, look: Callable[[], State]) -> None:
        self._control = control
        self._look = look
        self._wanted: dict[str, dict[Key, Targets]] = {}
        """unit -> where its sockets are to connect to, as its plan or the machine says."""
        self._told: dict[str, dict[Key, Targets]] = {}
        """unit -> the same, as its process knows it."""
        self._absent: set[str] = set()
        """Instances that have ended, and will bind other addresses when they are back."""

    def connect(self, action: Connect) -> None:
        """Carry out what the machine has decided."""
        self._know(action.unit)
        self._wanted[action.unit].update(action.targets)
        self._control.connect(action.unit, action.addresses, self._due(action.unit))

    def began(self, plan: UnitPlan) -> None:
        """A new process knows what its plan says."""
        self._wanted[plan.unit] = _targets(plan)
        self._told[plan.unit] = _targets(plan)

    def bound(self, event: Bound) -> None:
        """An instance has bound, where it did before or elsewhere."""
        if event.instance not in self._absent:
            return
        self._absent.remove(event.instance)
        state, back = self._look(), [(event.instance, socket) for socket in event.addresses]
        for name in _listeners(state, back):
            if due := self._due(name):
                known = {key: state.addresses[key] for key in back if key in state.addresses}
                self._control.connect(name, known, due)

    def ended(self, unit: str) -> None:
        """A unit has no process any more: those that have stayed with it leave."""
        self._wanted.pop(unit, None)
        self._told.pop(unit, None)
        state = self._look()
        moving: set[Key] = set()
        if unit in state.units:
            moving = set(_moving(state.units[unit].plan))
            self._absent |= {instance for instance, _ in moving}
        for name in dict.fromkeys((*self._wanted, *_listeners(state, moving))):
            if due := self._due(name, gone=unit):
                self._control.connect(name, {}, due)

    def _due(self, unit: str, gone: str | None = None) -> dict[Key, Targets]:
        """What a unit is to be told now. `gone` has just ended."""
        self._know(unit)
        told = self._told[unit]
        due: dict[Key, Targets] = {}
        for key, wanted in self._wanted[unit].items():
            now = told.get(key, ())
            leaving = [t for t in now if t not in wanted]
            # every end asks this of every unit: who is going is worth a look where somebody is left
            stays = tuple(t for t in leaving if t.instance in _going(self._look(), gone)) if leaving else ()
            targets = (*(t for t in wanted if t.instance not in self._absent), *stays)
            if set(targets) != set(now):
                due[key] = targets
        told.update(due)
        return due

    def _know(self, unit: str) -> None:
        """A process that was not started here knows what its plan said before the present change."""
        if unit not in self._wanted:
            state = self._look()
            change = state.rollout.change if state.rollout is not None else None
            old = () if change is None else (u for u in change.old.units if u.unit == unit)
            self.began(next(iter(old), state.units[unit].plan))


def _going(state: State, gone: str | None) -> set[str]:
    """The instances that have a process still and are part of the plan no more."""
    return {
        instance.instance
        for name, other in state.units.items()
        if name not in state.wiring.nodes and other.run.has_process and name != gone
        for instance in other.plan.instances
    }


def _moving(plan: UnitPlan) -> Iterator[Key]:
    """The sockets of a unit that bind at another address each time."""
    for key, socket in _sockets(plan):
        if any(map(_is_open, socket.binds)):
            yield key


def _is_open(address: str) -> bool:
    parsed = parse_endpoint(address)
    return isinstance(parsed, ParsedEndpoint) and parsed.is_wildcard


def _listeners(state: State, binders: Iterable[Key]) -> Iterable[str]:
    """The units that have connected to any of these sockets."""
    names = dict.fromkeys(name for key in binders for name in state.wiring.listeners.get(key, ()))
    return [name for name in names if state.units[name].run.pid and state.units[name].run.connected]


def _targets(plan: UnitPlan) -> dict[Key, Targets]:
    return {key: socket.connects for key, socket in _sockets(plan)}


def _sockets(plan: UnitPlan) -> Iterator[tuple[Key, SocketLaunch]]:
    for instance in plan.instances:
        for socket in instance.sockets:
            yield (instance.instance, socket.name), socket


__all__ = ["Aims"]
