"""While one plan becomes another, units that stay connect to those that come, and leave those that go.

They leave before the others are asked to end, and connect when the others are ready: until then all that they
send goes where it is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.model.types import PeersProbe
from orchestrator.planning.types import UnitPlan
from orchestrator.supervision.actions import Connect
from orchestrator.supervision.start import known_addresses
from orchestrator.supervision.state import Change, Rollout, Stage, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.wire.launch import ConnectTarget


def aim(turn: Turn, rollout: Rollout, change: Change) -> Change:
    """Tell those that are to connect to others where to, as far as these are ready now."""
    coming = (change.added if change.trouble is None else change.removed) - frozenset(rollout.done)
    if change.stage is Stage.ENDING:
        coming = frozenset()
    unready = frozenset(name for name in coming if not _waits_for_peers(turn.units[name]))
    if unready == change.unready:
        return change
    before = {unit.unit: unit for unit in (change.old if change.trouble is None else change.new).units}
    for name in turn.wiring.plans:
        unit = turn.units[name]
        if name in change.rewired and unit.run.connected and unit.run.pid and unit.run.ending is None:
            _tell(turn, unit, _targets(turn, unit, before[name], unready))
    return replace(change, unready=unready)


def _waits_for_peers(unit: Unit) -> bool:
    """Whether the unit is ready only when others have connected to it, and has bound."""
    waits = unit.plan.ready is not None and isinstance(unit.plan.ready.kind, PeersProbe)
    return waits and unit.run.pid is not None and unit.resolved and not unit.settled


def _tell(turn: Turn, unit: Unit, targets: Mapping[tuple[str, str], tuple[ConnectTarget, ...]]) -> None:
    turn.emit(
        Connect(
            unit=unit.name,
            attempt=unit.run.attempt,
            addresses=known_addresses(turn, unit),
            targets=targets,
        )
    )


def _targets(
    turn: Turn, unit: Unit, before: UnitPlan, unready: frozenset[str]
) -> dict[tuple[str, str], tuple[ConnectTarget, ...]]:
    """The unit's own (instance, socket) -> where it connects to, of all sockets that connect."""
    owners = {i.instance for name in unready for i in turn.units[name].plan.instances}
    had = {target for i in before.instances for s in i.sockets for target in s.connects}
    connect = {(i.instance, s.name) for i in before.instances for s in i.sockets if s.connects}

    def is_there(target: ConnectTarget) -> bool:
        known = target.instance not in owners if target.instance is not None else not unready
        return target in had or known

    return {
        (instance.instance, socket.name): tuple(filter(is_there, socket.connects))
        for instance in unit.plan.instances
        for socket in instance.sockets
        if socket.connects or (instance.instance, socket.name) in connect
    }
