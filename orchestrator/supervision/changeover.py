"""One plan becomes another while the topology runs: what is not wanted any more goes, what is new comes, what
differs is replaced; and all of it is taken back when one of them does not become ready.

Meanwhile the machine works with both plans at once (`planning.steps.union`). A unit that is to be replaced
keeps the plan of its process until its turn has come.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from orchestrator.planning.changes import changes
from orchestrator.planning.steps import in_the_way, steps, union
from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.supervision.adjust import adjust
from orchestrator.supervision.aim import aim
from orchestrator.supervision.ending import ask_to_stop
from orchestrator.supervision.events import Replanned
from orchestrator.supervision.progress import (
    end,
    is_stopped_by_user,
    is_there,
    lost,
    not_there,
    patience,
    too_late,
    update,
)
from orchestrator.supervision.requests import hold_down
from orchestrator.supervision.start import advance, start_anew
from orchestrator.supervision.state import (
    Change,
    Ending,
    EndKind,
    HeldBy,
    Hold,
    Rollout,
    Run,
    Stage,
    Trial,
    Unit,
)
from orchestrator.supervision.stop import bring_down
from orchestrator.supervision.turn import Turn
from orchestrator.vocabulary import NodeState


def begin(turn: Turn, request: Replanned) -> None:
    """Work with both plans from here on, and bring down what is not wanted or in the way."""
    old, new = turn.state.plan, request.plan
    found, both = changes(old, new), {u.unit for u in old.units} & {u.unit for u in new.units}
    rewired = frozenset(name for name in found.rewired if _can_be_told(turn.units[name])) - request.replace
    replaced = frozenset((*found.replaced, *found.rewired)) - rewired | (request.replace & both)
    removed = frozenset(found.removed)
    change = Change(
        old=old,
        new=new,
        before={name: turn.units[name] for name in removed | replaced},
        added=frozenset(found.added),
        removed=removed,
        replaced=replaced,
        rewired=rewired,
        steps=steps(new, [*replaced, *found.added], fresh=_not_ready(turn) | frozenset(found.added)),
    )
    hold = Hold(by=HeldBy.ROLLOUT, reason=f"{request.reason}: its turn comes")
    newcomers = {
        u.unit: Unit(
            plan=u,
            run=Run(attempt=turn.state.gone.get(u.unit, 0)),
            settled=True,
            hold=hold,
            reason=hold.reason,
        )
        for u in new.units
        if u.unit in change.added
    }
    gone = [unit for unit in old.units if unit.unit in removed]
    _rewire(turn, union(new, gone), {**turn.units, **newcomers}, keep=removed | replaced)
    early = in_the_way(
        (u.plan for n, u in turn.units.items() if n in replaced and u.run.has_process),
        [u for u in new.units if u.unit in replaced | change.added],
    )
    rollout = Rollout(number=request.rollout, reason=request.reason)
    _clear(turn, replace(rollout, change=aim(turn, rollout, change)), removed, early)


def _can_be_told(unit: Unit) -> bool:
    """Whether the unit's process can get other targets. One that has not connected yet is to do that once."""
    return not unit.run.has_process or unit.run.connected


def look(turn: Turn, rollout: Rollout, change: Change) -> bool:
    """See what became of the present step, and take the next. Whether anything was done."""
    clearing = change.stage is Stage.CLEARING
    rollout, stranded = update(turn, rollout, _is_down if clearing else _is_as_wanted)
    troubles = [_still_there(turn.units[n]) if clearing else not_there(turn.units[n]) for n in stranded]
    if change.trouble is None and not troubles:
        came = (name for name in rollout.done if name not in change.removed)
        troubles = [trouble] if (trouble := lost(turn, came)) else []
    if rollout.current and not troubles and rollout.due <= turn.now:
        stranded = list(rollout.current)
        troubles = [too_late(turn.units[name]) for name in stranded]
    if troubles and change.trouble is None:
        _take_back(turn, rollout, change, troubles[0])
        return True
    if troubles:
        current = {n: a for n, a in rollout.current.items() if n not in stranded}
        change = replace(change, worse=(*change.worse, *troubles))
        rollout = replace(rollout, current=current, change=change)
        turn.set(rollout=rollout)
    if not rollout.current:
        _next(turn, rollout, change)
        return True
    if (aimed := aim(turn, rollout, change)) is not change:
        turn.set(rollout=replace(rollout, change=aimed))
    return bool(troubles)


def _next(turn: Turn, rollout: Rollout, change: Change) -> None:
    if change.stage is Stage.ENDING:
        _end(turn, rollout, change)
    elif change.steps:
        step, *later = change.steps
        change = replace(change, stage=Stage.STARTING, steps=tuple(later))
        _start(turn, rollout, aim(turn, rollout, change), step)
    else:
        change = aim(turn, rollout, replace(change, stage=Stage.ENDING))
        turn.set(rollout=replace(rollout, change=change))
        if change.trouble is not None:
            _restore_the_settled(turn, change)


# ---------------------------------------------------------------------- bringing down


def _clear(turn: Turn, rollout: Rollout, gone: Collection[str], early: Collection[str]) -> None:
    """Bring down what goes for good, dependents first, and what is in the way of others. What the user has
    stopped stays his."""
    hold = Hold(by=HeldBy.ROLLOUT, reason=rollout.reason)
    going = [name for name in turn.wiring.plans if name in gone]
    early = [name for name in turn.wiring.plans if name in early]
    down = {name: unit.run.attempt for name in (*going, *early) if not (unit := turn.units[name]).settled}
    turn.set(rollout=replace(rollout, current=down, due=math.inf))
    for name in going:
        if not is_stopped_by_user(turn.units[name]):
            turn.update(turn.units[name], hold=hold)
    bring_down(turn, going)
    for name in early:
        if name in down and not is_stopped_by_user(turn.units[name]):
            hold_down(turn, turn.units[name], hold)


def _is_down(unit: Unit, before: int, now: float) -> bool | None:
    del before, now
    return not unit.run.has_process if unit.settled else None


def _still_there(unit: Unit) -> str:
    return f"{unit.name} does not go: {unit.reason}"


# ---------------------------------------------------------------------- starting


def _start(turn: Turn, rollout: Rollout, change: Change, names: Collection[str]) -> None:
    """Have these units started from the plan that is wanted."""
    wanted = change.new if change.trouble is None else change.old
    plans = {unit.unit: unit for unit in wanted.units}
    trial = Trial.ONCE if change.trouble is None else Trial.LENIENT
    for name in names:
        turn.update(turn.units[name], next_plan=plans[name])
    going = [name for name in names if not is_stopped_by_user(turn.units[name])]
    turned = change.turned | (frozenset(going) & change.replaced)
    turn.set(
        rollout=replace(
            rollout,
            change=replace(change, turned=turned),
            current={name: turn.units[name].run.attempt for name in going},
            done=tuple(dict.fromkeys((*rollout.done, *(n for n in names if n not in going)))),
            due=turn.now + max((patience(turn.units[name]) for name in going), default=0.0),
        )
    )
    for name in names:
        if name in going:
            _replace(turn, turn.units[name], trial, rollout.reason)
        else:
            turn.update(turn.units[name], resolved=True)  # nobody waits for it to bind


def _replace(turn: Turn, unit: Unit, trial: Trial, reason: str) -> None:
    if not unit.run.has_process:
        start_anew(turn, turn.update(unit, trial=trial), reason)
    elif not unit.settled:
        unit = turn.update(unit, trial=trial, hold=None)
        ask_to_stop(turn, unit, Ending(kind=EndKind.START, reason=reason))


def _is_as_wanted(unit: Unit, before: int, now: float) -> bool | None:
    return unit.settled or None if is_stopped_by_user(unit) else is_there(unit, before, now)


# ---------------------------------------------------------------------- taking back


def _take_back(turn: Turn, rollout: Rollout, change: Change, trouble: str) -> None:
    """Go back to the old plan: whatever was started from the new one goes, what was brought down comes."""
    came = [unit for unit in change.new.units if unit.unit in change.added]
    keep = change.removed | change.replaced | change.added
    _rewire(turn, union(change.old, came), turn.units, keep=keep)
    ended = {name for name, unit in change.before.items() if unit.settled and not is_stopped_by_user(unit)}
    held = {name for name in change.replaced - change.turned if _is_held(turn.units[name])}
    back = (change.removed | change.turned | held) - ended
    plans = {unit.unit: unit for unit in change.old.units}
    unready = _not_ready(turn)
    down = in_the_way((turn.units[n].plan for n in change.turned), [plans[name] for name in back])
    down |= change.turned & (unready | ended)  # nothing more is started from the new plan
    reason = f"taken back: {trouble}"
    undoing = replace(
        change,
        trouble=trouble,
        stage=Stage.CLEARING,
        turned=frozenset(),
        unready=None,
        steps=steps(change.old, back, fresh=unready),
    )
    rollout = replace(rollout, reason=reason, done=())
    _clear(turn, replace(rollout, change=aim(turn, rollout, undoing)), change.added, down)


def _not_ready(turn: Turn) -> frozenset[str]:
    return frozenset(name for name, unit in turn.units.items() if unit.state is not NodeState.READY)


def _is_held(unit: Unit) -> bool:
    return unit.hold is not None and unit.hold.by is HeldBy.ROLLOUT


def _restore_the_settled(turn: Turn, change: Change) -> None:
    """What had come to its end before is again as it was then."""
    for name, before in change.before.items():
        unit = turn.units[name]
        if before.settled and unit.settled and not is_stopped_by_user(unit):
            turn.move(
                unit,
                before.state,
                before.reason,
                plan=before.plan,
                next_plan=None,
                hold=before.hold,
                trial=before.trial,
                succeeded=before.succeeded,
                last_exit=before.last_exit,
            )


# ---------------------------------------------------------------------- both plans, and one again


def _rewire(turn: Turn, plan: Plan, units: Mapping[str, Unit], *, keep: Collection[str] = ()) -> None:
    """Go on with another plan. Units have theirs from it at once, but for those to `keep`."""
    instances = {instance.instance for unit in plan.units for instance in unit.instances}
    addresses = {key: at for key, at in turn.state.addresses.items() if key[0] in instances}
    fitted = {u.unit: units[u.unit] if u.unit in keep else _fitted(units[u.unit], u) for u in plan.units}
    gone = {name: unit.run.attempt for name, unit in turn.units.items() if name not in fitted}
    turn.rewire(plan, fitted, addresses=addresses, gone={**turn.state.gone, **gone})
    for name, unit in fitted.items():
        if (before := units[name]).plan is not unit.plan:
            adjust(turn, turn.units[name], before.plan)
        advance(turn, name)


def _fitted(unit: Unit, plan: UnitPlan) -> Unit:
    return replace(unit, plan=plan, next_plan=None)


def _end(turn: Turn, rollout: Rollout, change: Change) -> None:
    well = change.trouble is None
    _rewire(turn, change.new if well else change.old, turn.units)
    reason = rollout.reason if well else "; ".join((change.trouble or "", *change.worse))
    end(turn, rollout, ok=well, reason=reason, rolled_back=not well)
