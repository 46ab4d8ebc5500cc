"""Time has passed: what was to happen by now and did not."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.supervision.ending import UNKILLABLE_S, ask_to_stop, give_up, kill
from orchestrator.supervision.events import Ticked
from orchestrator.supervision.exits import not_done_text
from orchestrator.supervision.liveness import look
from orchestrator.supervision.outcome import fail
from orchestrator.supervision.readiness import check_ready, done, timeout_text
from orchestrator.supervision.state import Due, Ending, EndKind, Unit
from orchestrator.supervision.strategy import leads, leave_group, look_whether_down
from orchestrator.supervision.turn import BackoffOver, Turn
from orchestrator.supervision.words import failure_text, given


def on_ticked(turn: Turn, event: Ticked) -> None:
    for name in [name for name, at in turn.deadlines.items() if at <= turn.now]:
        _expire(turn, name)
    look(turn, event)


def _expire(turn: Turn, name: str) -> None:
    """Act on each deadline of the unit that has passed, the earliest first; one may take away the others."""
    while True:
        unit = turn.units[name]
        passed = [(at, kind) for kind, at in unit.due.items() if at <= turn.now]
        if not passed:
            return
        _, kind = min(passed, key=lambda item: item[0])
        _expired(turn, turn.due(unit, kind, None), kind)


def _expired(turn: Turn, unit: Unit, kind: Due) -> None:
    match kind:
        case Due.READY:
            _end_failed(turn, unit, timeout_text(unit))
        case Due.TIMEOUT:
            assert unit.plan.timeout_s is not None
            _end_failed(turn, unit, f"did not finish in {given(unit.plan.timeout_s)}")
        case Due.READY_DELAY:
            check_ready(turn, turn.run(unit, held=True))
        case Due.DONE_DELAY:
            done(turn, unit)
        case Due.DONE_CHECK:
            fail(turn, unit, not_done_text(unit, unit.run.ended_well or ""))
        case Due.LEAVING:
            _did_not_leave(turn, unit)
        case Due.BACKOFF:
            _pause_over(turn, unit)
        case Due.GRACE:
            _grace_over(turn, unit)
        case Due.GONE:
            if unit.comes_back:
                unit = leave_group(turn, unit)  # there will be no other one beside it
            give_up(turn, unit, _still_there(unit))


def _pause_over(turn: Turn, unit: Unit) -> None:
    if leads(turn, unit):
        look_whether_down(turn)
    else:
        turn.starts.append(BackoffOver(unit.name))


def _end_failed(turn: Turn, unit: Unit, reason: str) -> None:
    ask_to_stop(turn, unit, Ending(kind=EndKind.FAILURE, reason=reason))


def _did_not_leave(turn: Turn, unit: Unit) -> None:
    failure = unit.run.failure
    assert failure is not None
    told = failure_text(failure, alone=len(unit.plan.instances) == 1)
    kill(turn, unit, Ending(kind=EndKind.FAILURE, reason=f"{told}; it did not exit after that"))


def _grace_over(turn: Turn, unit: Unit) -> None:
    ending, stop = unit.run.ending, unit.plan.stop
    assert ending is not None
    if ending.kind is EndKind.STOP:
        text = f"SIGKILL, since it did not stop within {given(stop.grace_s)} of {stop.signal}"
        ending = replace(ending, reason=text)
    kill(turn, unit, ending)


def _still_there(unit: Unit) -> str:
    which = f"process {unit.run.pid}" if unit.run.pid is not None else "its process"
    return f"{which} is still there {given(UNKILLABLE_S)} after SIGKILL, and was given up"
