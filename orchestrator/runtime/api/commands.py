"""Operations that change something. Each is carried out in its turn, none is refused for being busy."""

from __future__ import annotations

import signal
from typing import Any

from orchestrator.runtime.api.context import Context, flag, text, texts, units
from orchestrator.wire.api import ApiError


def _chosen(context: Context, args: dict[str, Any]) -> list[str]:
    words = texts(args, "units")
    if not words:
        raise ApiError("no node was named", "name one or more nodes or replicas")
    return units(context, words)


async def down(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Stop the whole topology; `at_once` without grace."""
    context.supervisor.stop(text(args, "reason", "asked to stop"), at_once=flag(args, "at_once"))
    return {}


async def start(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Start units that were stopped, have failed or have ended."""
    chosen = _chosen(context, args)
    for unit in chosen:
        context.supervisor.start_unit(unit, text(args, "reason", "asked to start"))
    return _attempts(context, chosen)


async def stop(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Stop units; the topology stays up, and they stay stopped."""
    chosen = _chosen(context, args)
    for unit in chosen:
        context.supervisor.stop_unit(unit, text(args, "reason", "asked to stop"))
    return _attempts(context, chosen)


async def restart(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Replace the processes of units: all at once, or with `rolling` one after the other; then the answer has
    the number of this `rollout`, by which `rollout_ended` tells how it went."""
    chosen = _chosen(context, args)
    before = _attempts(context, chosen)
    reason = text(args, "reason", "asked to restart")
    if flag(args, "rolling"):
        return {**before, "rollout": context.supervisor.rolling_restart(chosen, reason)}
    for unit in chosen:
        context.supervisor.restart(unit, reason)
    return before


async def kill(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Send a signal to the main processes of units; what follows is judged as if it came by itself."""
    chosen = _chosen(context, args)
    number = _signal(text(args, "signal", "SIGKILL"))
    snapshot = context.supervisor.snapshot()
    gone = [unit for unit in chosen if snapshot.units[unit].pid is None]
    if len(gone) == len(chosen):
        raise ApiError(f"{', '.join(gone)} {'have' if len(gone) > 1 else 'has'} no process")
    for unit in chosen:
        if unit not in gone:
            context.supervisor.signal(unit, number)
    return _attempts(context, chosen) | {"signal": number.name}


def _signal(word: str) -> signal.Signals:
    """A signal by its name, with or without `SIG`, or its number, as kill(1) takes it."""
    try:
        if word.isdecimal():
            return signal.Signals(int(word))
        name = word.upper()
        return signal.Signals[name if name.startswith("SIG") else f"SIG{name}"]
    except (ValueError, KeyError):
        raise ApiError(f"there is no signal {word[:30]}", "for example SIGKILL, TERM, 9") from None


def _attempts(context: Context, chosen: list[str]) -> dict[str, Any]:
    """What a client needs to see for itself what came of it."""
    found = context.supervisor.snapshot().units
    return {"units": {name: {"attempt": found[name].attempt, "pid": found[name].pid} for name in chosen}}
