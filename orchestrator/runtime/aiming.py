"""Telling nodes that run that they connect to others now.

What is to end is not left before it has ended. Leaving throws away what is on its way from there; and also
what is on its way there, when the other reads slower than this one writes (libzmq 4.3.5; measured).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from orchestrator.planning.types import UnitPlan
from orchestrator.runtime.control import ControlServer
from orchestrator.supervision.actions import Connect
from orchestrator.supervision.state import State
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
        """unit -> what the machine wants of its sockets."""
        self._told: dict[str, dict[Key, Targets]] = {}
        """unit -> what they have been told."""

    def connect(self, action: Connect) -> None:
        """Carry out what the machine has decided."""
        self._wanted.setdefault(action.unit, {}).update(action.targets)
        targets = self._due(action.unit, action.targets)
        self._control.connect(action.unit, action.addresses, targets)

    def began(self, unit: str) -> None:
        """A new process knows what its plan says."""
        self._wanted.pop(unit, None)
        self._told.pop(unit, None)

    def ended(self, unit: str) -> None:
        """A unit has no process any more: those that have stayed with it leave."""
        self.began(unit)
        for name, wanted in self._wanted.items():
            told = self._told.get(name, {})
            staying = {key: wanted[key] for key, now in told.items() if set(now) != set(wanted[key])}
            targets = self._due(name, staying, gone=unit)
            if targets:
                self._control.connect(name, {}, targets)

    def _due(self, unit: str, wanted: Mapping[Key, Targets], gone: str | None = None) -> dict[Key, Targets]:
        """What a unit is to be told now. `gone` has just ended."""
        if not wanted:
            return {}
        state, told = self._look(), self._told.setdefault(unit, {})
        going = {
            instance.instance
            for name, other in state.units.items()
            if name not in state.wiring.nodes and other.run.has_process and name != gone
            for instance in other.plan.instances
        }
        found = {}
        for key, socket in _sockets(_plans(unit, state)):
            if key in wanted and key not in found:
                stays = told.get(key, socket.connects)
                lingering = tuple(t for t in stays if t not in wanted[key] and t.instance in going)
                found[key] = (*wanted[key], *lingering)
        due = {key: targets for key, targets in found.items() if told.get(key) != targets}
        told.update(due)
        return due


def _plans(unit: str, state: State) -> Iterator[UnitPlan]:
    """The unit's plans: the one before a change first."""
    change = state.rollout.change if state.rollout is not None else None
    for plan in () if change is None else (change.old, change.new):
        yield from (each for each in plan.units if each.unit == unit)
    if unit in state.units:
        yield state.units[unit].plan


def _sockets(plans: Iterable[UnitPlan]) -> Iterator[tuple[Key, SocketLaunch]]:
    for plan in plans:
        for instance in plan.instances:
            for socket in instance.sockets:
                yield (instance.instance, socket.name), socket
