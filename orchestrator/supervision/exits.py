"""A process is gone: what that means depends on whether anyone wanted it."""

from __future__ import annotations

from typing import Final

from orchestrator.supervision.actions import Kill
from orchestrator.supervision.adoption import lose
from orchestrator.supervision.ending import settle
from orchestrator.supervision.events import Exited, FailureReported, ProbePurpose
from orchestrator.supervision.outcome import fail, succeed
from orchestrator.supervision.start import spawn, start_anew
from orchestrator.supervision.state import NO_DEADLINES, Due, Ending, EndKind, Phase, Unit
from orchestrator.supervision.turn import Turn
from orchestrator.supervision.words import exit_text, failure_text, probe_text, signal_name, signal_number
from orchestrator.vocabulary import NodeKind, NodeState

_SIGKILL: Final = 9
_SHELL_SIGNAL: Final = 128
DONE_CHECK_S: Final = 1.0
"""How long a `done` probe may take to hold after its process ended well; at least three of its intervals."""


def on_failure_reported(turn: Turn, event: FailureReported) -> None:
    """A node says why it is about to end; its exit follows, or it is ended."""
    unit = turn.current(event.unit, event.attempt)
    if unit is None or unit.run.ending is not None or unit.run.failure is not None:
        return
    unit = turn.run(unit, failure=event)
    turn.due(unit, Due.LEAVING, turn.now + unit.plan.stop.grace_s)


def on_exited(turn: Turn, event: Exited) -> None:
    unit = turn.units.get(event.unit)
    if unit is None or unit.run.pid is None or unit.run.pid != event.pid:
        return
    turn.emit(Kill(unit=unit.name, attempt=unit.run.attempt))  # whatever it left behind in its group
    unit = turn.run(turn.update(unit, last_exit=exit_text(event)), pid=None, due=NO_DEADLINES)
    if unit.settled:  # it had been given up
        return
    if turn.state.phase is Phase.IDLE:
        lose(turn, unit)
        return
    ending = unit.run.ending
    if ending is None:
        _ended_by_itself(turn, unit, event)
    else:
        _ended_as_told(turn, unit, event, ending)


# ---------------------------------------------------------------------- it was told to


def _ended_as_told(turn: Turn, unit: Unit, event: Exited, ending: Ending) -> None:
    match ending.kind:
        case EndKind.RESTART if turn.state.phase is Phase.UP:
            spawn(turn, unit, ending.reason)
        case EndKind.START if turn.state.phase is Phase.UP:
            start_anew(turn, unit, ending.reason)
        case EndKind.STOP | EndKind.START | EndKind.RESTART:
            _stopped(turn, unit, event, ending)
        case EndKind.FAILURE:
            fail(turn, unit, ending.reason, last_lines=event.last_lines)
        case EndKind.DONE:
            succeed(turn, unit, ending.reason)


def _stopped(turn: Turn, unit: Unit, event: Exited, ending: Ending) -> None:
    state, how = _how_it_stopped(unit, event, ending)
    if unit.comes_back:
        state = NodeState.STOPPED  # it is on its way back already
    reason = how if unit.hold is None else f"{unit.hold.reason} ({how})"
    last_lines = event.last_lines if state is NodeState.FAILED else ()
    settle(turn, unit, state, reason, last_lines=last_lines)


def _how_it_stopped(unit: Unit, event: Exited, ending: Ending) -> tuple[NodeState, str]:
    text = exit_text(event)
    if ending.killed and event.signal == _SIGKILL:
        return NodeState.STOPPED, ending.reason
    if _is_clean_stop(unit, event):
        return NodeState.STOPPED, _stop_text(event)
    how = f"stopped with {text}" if event.code is not None else f"{text} while it stopped"
    return NodeState.FAILED, how


def _stop_text(event: Exited) -> str:
    return f"ended by {signal_name(event.signal)}" if event.signal is not None else exit_text(event)


def _is_clean_stop(unit: Unit, event: Exited) -> bool:
    """0, the stop signal itself, the shell's word for it (128 + n), or a code of `ok_exit`."""
    number = signal_number(unit.plan.stop.signal)
    if event.signal is not None:
        return event.signal == number and not event.out_of_memory
    accepted = {0, *unit.plan.stop.ok_exit}
    return event.code in accepted or (number is not None and event.code == _SHELL_SIGNAL + number)


# ---------------------------------------------------------------------- nobody asked for it


def _ended_by_itself(turn: Turn, unit: Unit, event: Exited) -> None:
    plan, failure, up = unit.plan, unit.run.failure, turn.state.phase is Phase.UP
    text = exit_text(event)
    well = event.signal is None and event.code in (0, *plan.stop.ok_exit) and failure is None
    if well and up and plan.done is not None:
        _look_whether_done(turn, unit, text)
    elif well and plan.kind is NodeKind.TASK and plan.done is None:
        succeed(turn, unit, f"succeeded ({text})")
    elif not up and failure is None and _is_clean_stop(unit, event):
        settle(turn, unit, NodeState.STOPPED, f"ended by itself ({text})")
    elif well:
        reason = f"ended by itself ({text}); a service must stay up, `kind: task` may end"
        fail(turn, unit, reason, last_lines=event.last_lines)
    else:
        permanent = failure is not None and failure.permanent
        fail(turn, unit, _crash_text(unit, event), last_lines=event.last_lines, permanent=permanent)


def _crash_text(unit: Unit, event: Exited) -> str:
    failure = unit.run.failure
    if failure is None or event.out_of_memory:
        return exit_text(event)
    told = failure_text(failure, alone=len(unit.plan.instances) == 1)
    return told if event.signal is None else f"{told} ({exit_text(event)})"


def _look_whether_done(turn: Turn, unit: Unit, ended: str) -> None:
    """`done` decides, and its probe may not have looked since the process did its last thing: let it look
    once more."""
    assert unit.plan.done is not None
    if ProbePurpose.DONE not in unit.run.asking:
        fail(turn, unit, not_done_text(unit, ended))
        return
    at = turn.now + max(DONE_CHECK_S, 3 * unit.plan.done.interval_s)
    unit = turn.run(unit, ended_well=ended, due={Due.DONE_CHECK: at})
    turn.move(unit, NodeState.STOPPING, f"{ended}; is it done?")


def not_done_text(unit: Unit, ended: str) -> str:
    """Why a process that ended well has not succeeded."""
    assert unit.plan.done is not None
    why = unit.run.refusals.get(ProbePurpose.DONE) or probe_text(unit.plan.done.kind)
    return f"{ended}, but it is not done ({why})"
