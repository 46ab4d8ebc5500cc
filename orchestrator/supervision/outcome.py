"""What becomes of a unit whose attempt is over: another one after a pause, or its end."""

from __future__ import annotations

from orchestrator.supervision.ending import cancel_probes, give_up, settle
from orchestrator.supervision.restart import backoff_delay, is_stable, recent
from orchestrator.supervision.state import Due, Phase, Trial, Unit
from orchestrator.supervision.strategy import drag, leave_group, spend_restart
from orchestrator.supervision.turn import Turn
from orchestrator.supervision.words import given, measured, times
from orchestrator.vocabulary import NodeState, RestartPolicy


def fail(
    turn: Turn, unit: Unit, reason: str, *, last_lines: tuple[str, ...] = (), permanent: bool = False
) -> None:
    """An attempt has failed. `permanent`: another one would fail in the same way."""
    restart = unit.plan.restart
    if unit.hold is not None and unit.comes_back:
        settle(turn, unit, NodeState.STOPPED, f"{unit.hold.reason} ({reason})")
        return
    if _is_ending(turn, unit) or permanent or restart.policy is RestartPolicy.NEVER:
        give_up(turn, unit, reason, last_lines=last_lines)
        return
    restarts = recent(unit.restarts, now=turn.now, window_s=restart.window_s)
    if len(restarts) >= restart.max_restarts:
        give_up(turn, unit, f"{reason}; {_limit(unit)}", last_lines=last_lines)
        return
    if unit.trial is None and not spend_restart(turn, unit, reason, last_lines):
        return
    failures = _failures(turn, unit) + 1
    delay = _delay(turn, unit, failures)
    unit = turn.move(
        cancel_probes(turn, unit),
        NodeState.BACKOFF,
        f"{reason}; restart {len(restarts) + 1} of {restart.max_restarts} in {measured(delay)}",
        last_lines=last_lines,
        resolved=True,
        restarts=(*restarts, turn.now),
        failures=failures,
        due={Due.BACKOFF: turn.now + delay},
    )
    if unit.trial is None:
        drag(turn, unit)


def _is_ending(turn: Turn, unit: Unit) -> bool:
    """Whether the unit is not to come back: it is wanted down, or everything is."""
    return turn.state.phase is not Phase.UP or unit.hold is not None or unit.trial is Trial.ONCE


def _limit(unit: Unit) -> str:
    restart = unit.plan.restart
    if restart.max_restarts == 0:
        return "no restart is allowed (max_restarts: 0)"
    return f"given up after {times(restart.max_restarts, 'restart')} within {given(restart.window_s)}"


def _failures(turn: Turn, unit: Unit) -> int:
    """Failures in a row before this one; an attempt that ran stably has wiped them out."""
    ready_at = unit.run.ready_at
    stable = ready_at is not None and is_stable(unit.plan.restart.backoff, turn.now - ready_at)
    return 0 if stable else unit.failures


def _delay(turn: Turn, unit: Unit, failures: int) -> float:
    return backoff_delay(
        unit.plan.restart.backoff,
        failures,
        seed=turn.state.seed,
        unit=unit.name,
        attempt=unit.run.attempt,
    )


def succeed(turn: Turn, unit: Unit, reason: str) -> None:
    """The unit has done what it should. With `restart: always` it does it again; that uses up no restart."""
    unit = turn.update(cancel_probes(turn, unit), succeeded=True, failures=0, trial=None)
    if unit.hold is not None and unit.comes_back:
        if unit.plan.restart.policy is RestartPolicy.ALWAYS:
            settle(turn, unit, NodeState.STOPPED, f"{unit.hold.reason} ({reason})")
            return
        unit = leave_group(turn, unit)
    if _is_ending(turn, unit) or unit.plan.restart.policy is not RestartPolicy.ALWAYS:
        settle(turn, unit, NodeState.EXITED, reason)
        return
    delay = _delay(turn, unit, 1)
    turn.move(
        unit,
        NodeState.BACKOFF,
        f"{reason}; runs again in {measured(delay)}",
        resolved=True,
        due={Due.BACKOFF: turn.now + delay},
    )
