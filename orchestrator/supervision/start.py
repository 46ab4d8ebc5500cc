"""Starting: who may start, what a new process reports, and whom it holds up."""

from __future__ import annotations

import math
from collections.abc import Mapping

from orchestrator.planning.reachable import reachable
from orchestrator.supervision.actions import Connect, Kill, Spawn
from orchestrator.supervision.ending import cancel_probes, settle, tell
from orchestrator.supervision.events import Bound, Spawned, SpawnFailed, StartRequested
from orchestrator.supervision.outcome import fail
from orchestrator.supervision.readiness import check_ready, look_before, ready_timeout, start_asking
from orchestrator.supervision.state import NO_DEADLINES, Due, EndKind, Phase, Run, Unit
from orchestrator.supervision.turn import BackoffOver, GateOpened, Turn
from orchestrator.vocabulary import NodeState

Addresses = Mapping[tuple[str, str], tuple[str, ...]]


def on_start_requested(turn: Turn, event: StartRequested) -> None:
    del event
    if turn.state.phase is not Phase.IDLE:
        return
    turn.set(phase=Phase.UP)
    for name in turn.wiring.plans:
        advance(turn, name)


def on_start_possible(turn: Turn, effect: GateOpened | BackoffOver) -> None:
    if isinstance(effect, GateOpened):
        for name in turn.wiring.gates[effect.gate].members:
            advance(turn, name)
    elif (unit := turn.units[effect.unit]).state is NodeState.BACKOFF and not unit.settled:
        spawn(turn, unit, f"attempt {unit.run.attempt + 1}")


def advance(turn: Turn, name: str) -> None:
    """Start the unit, or let it connect, where nothing holds it up."""
    unit = turn.units[name]
    if turn.state.phase is not Phase.UP:
        return
    if not unit.waiting:
        connect_if_free(turn, unit)
    elif may_start(turn, unit):
        spawn(turn, unit, unit.reason or "first start")


def may_start(turn: Turn, unit: Unit) -> bool:
    """Whether what the unit depends on is there; a foreign program waits for its binders as well."""
    wiring = turn.wiring
    if not turn.is_open(wiring.start_gate.get(unit.name)):
        return False
    return unit.coming.is_python or turn.is_open(wiring.binder_gate.get(unit.name))


def start_anew(turn: Turn, unit: Unit, reason: str) -> None:
    """Give a unit without a process a fresh start, once what it depends on is there."""
    unit = turn.update(unit, settled=False, hold=None, restarts=(), failures=0, due=NO_DEADLINES)
    start_if_free(turn, unit, reason)


def start_if_free(turn: Turn, unit: Unit, reason: str) -> None:
    """Start a unit without a process, or let it wait for what it depends on."""
    if may_start(turn, unit):
        spawn(turn, unit, reason)
    else:
        turn.move(unit, NodeState.STOPPED, reason)


def spawn(turn: Turn, unit: Unit, reason: str) -> None:
    """Ask for a new process. The one before must be gone."""
    attempt = unit.run.attempt + 1
    unit = turn.update(
        cancel_probes(turn, unit),
        plan=unit.coming,
        next_plan=None,
        run=Run(attempt=attempt, spawning=True, asked_at=turn.now),
        restart_count=unit.restart_count + (unit.started or unit.state is not NodeState.STOPPED),
        due=_ready_deadline(turn, unit),
    )
    turn.move(unit, NodeState.STARTING, reason)
    turn.emit(Spawn(unit=unit.name, attempt=attempt, addresses=known_addresses(turn, unit)))


def _ready_deadline(turn: Turn, unit: Unit) -> Mapping[Due, float]:
    limit = ready_timeout(unit.coming)
    return {Due.READY: turn.now + limit} if math.isfinite(limit) else NO_DEADLINES


def known_addresses(turn: Turn, unit: Unit) -> Addresses:
    """Where the binders of a unit are, as far as they have said."""
    known = turn.state.addresses
    return {key: known[key] for key in turn.wiring.targets.get(unit.name, ()) if key in known}


# ---------------------------------------------------------------------- the process is there, or is not


def on_spawned(turn: Turn, event: Spawned) -> None:
    unit = turn.units.get(event.unit)
    if unit is None or event.attempt > unit.run.attempt:
        return
    if event.attempt < unit.run.attempt:  # an attempt that was given up came to life after all
        turn.emit(Kill(unit=event.unit, attempt=event.attempt))
        return
    if not unit.run.spawning:
        return
    unit = turn.run(unit, pid=event.pid, spawning=False, spawned_at=turn.now)
    if unit.settled:
        turn.emit(Kill(unit=unit.name, attempt=event.attempt))
        return
    unit = turn.update(unit, started=True)
    heartbeat = unit.plan.heartbeat
    look_before(turn, turn.now + heartbeat.interval_s * heartbeat.liveness)
    ending = unit.run.ending
    if ending is None:
        unit = start_asking(turn, unit)
        if not check_ready(turn, unit):
            turn.move(unit, NodeState.RUNNING, f"pid {event.pid}")
    elif ending.killed:
        turn.emit(Kill(unit=unit.name, attempt=event.attempt))
    else:
        tell(turn, unit)


def on_spawn_failed(turn: Turn, event: SpawnFailed) -> None:
    unit = turn.current(event.unit, event.attempt)
    if unit is None or not unit.run.spawning:
        return
    unit = turn.run(unit, spawning=False, due=NO_DEADLINES)
    if unit.settled:
        return
    ending = unit.run.ending
    if ending is not None and ending.kind is EndKind.START and turn.state.phase is Phase.UP:
        start_anew(turn, unit, ending.reason)
    elif turn.state.phase is Phase.UP and unit.hold is None:
        fail(turn, unit, f"could not be started: {event.reason}", permanent=event.permanent)
    else:
        reason = unit.hold.reason if unit.hold is not None else "it had not started"
        settle(turn, unit, NodeState.STOPPED, reason)


# ---------------------------------------------------------------------- binders and connectors


def on_bound(turn: Turn, event: Bound) -> None:
    unit = turn.current(event.unit, event.attempt)
    if unit is None or unit.run.ending is not None or not unit.plan.is_python:
        return
    names = {i.instance for i in unit.plan.instances}
    if event.instance not in names:
        return
    _tell_listeners(turn, unit, _learn(turn, event))
    unit = turn.run(unit, bound=unit.run.bound | {event.instance})
    if len(unit.run.bound) < len(names):
        return
    if not unit.resolved:
        unit = turn.update(unit, resolved=True)
    if not connect_if_free(turn, unit) and not unit.run.connected:
        turn.due(unit, Due.READY, None)  # it waits for others: that time is not its own


def _learn(turn: Turn, event: Bound) -> Addresses:
    """Note where an instance has bound; what is new or has moved."""
    known = turn.state.addresses
    told = {
        (event.instance, socket): tuple(reachable(a) for a in addresses)
        for socket, addresses in event.addresses.items()
    }
    changed = {key: addresses for key, addresses in told.items() if known.get(key) != addresses}
    if changed:
        turn.set(addresses={**known, **changed})
    return changed


def _tell_listeners(turn: Turn, binder: Unit, changed: Addresses) -> None:
    """Tell those who are connected already that a binder has moved, or has come at last."""
    news: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {}
    for key, addresses in changed.items():
        for name in turn.wiring.listeners.get(key, ()):
            news.setdefault(name, {})[key] = addresses
    for name, addresses_ in news.items():
        listener = turn.units[name]
        if name == binder.name or not listener.run.has_process or listener.run.ending is not None:
            continue
        if listener.run.connected:
            turn.emit(Connect(unit=name, attempt=listener.run.attempt, addresses=addresses_))


def connect_if_free(turn: Turn, unit: Unit) -> bool:
    """Tell a Python unit to connect once it has bound and its binders have. Whether it was told now."""
    plan, run = unit.plan, unit.run
    if not plan.is_python or run.connected or not run.has_process or run.ending is not None:
        return False
    if len(run.bound) < len(plan.instances) or not turn.is_open(turn.wiring.binder_gate.get(unit.name)):
        return False
    unit = turn.run(unit, connected=True)
    if unit.run.ready_at is None and math.isfinite(ready_timeout(plan)):
        turn.due(unit, Due.READY, turn.now + ready_timeout(plan))
    if turn.wiring.targets.get(unit.name):
        turn.emit(Connect(unit=unit.name, attempt=run.attempt, addresses=known_addresses(turn, unit)))
    return True
