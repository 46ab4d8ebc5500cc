"""`status` and `watch`: what runs, how it is, what it uses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from orchestrator.runtime import usage
from orchestrator.runtime.api.context import Context, flag, units
from orchestrator.runtime.api.links import counts
from orchestrator.runtime.meters import meter_fields
from orchestrator.runtime.records import traffic_fields
from orchestrator.runtime.reports import OutputLine, Report, Vitals
from orchestrator.supervision.status import Snapshot, UnitSnapshot

VERSION: Final = 1
"""Of the fields below; raised when one changes its meaning or goes."""
_PACE_S: Final = 0.1
"""The shortest time between two items of `watch`."""


async def status(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Everything about the project; with `usage`, what the processes use, with `links`, how many are up."""
    measured = await _usage(context) if flag(args, "usage") else {}
    linked = counts(await context.supervisor.links().look()) if flag(args, "links") else {}
    chosen = None if not args.get("units") else set(units(context, args["units"]))
    return _record(context, measured, linked, chosen)


async def watch(context: Context, args: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """`status` now and after every change of a state, until the topology has ended."""
    changed = asyncio.Event()

    def hear(report: Report) -> None:
        if not isinstance(report, OutputLine):
            changed.set()

    end = context.hub.subscribe(hear)
    try:
        while True:
            changed.clear()
            found = await status(context, args)
            yield found
            if found["finished"]:
                return
            await changed.wait()
            await asyncio.sleep(0 if context.supervisor.finished else _PACE_S)
    finally:
        end()


async def _usage(context: Context) -> dict[str, usage.Usage]:
    pids = {u.unit: u.pid for u in context.supervisor.snapshot().units.values() if u.pid is not None}
    return await asyncio.get_running_loop().run_in_executor(None, usage.sample, pids)


def _record(
    context: Context,
    measured: dict[str, usage.Usage],
    linked: dict[str, dict[str, int]],
    chosen: set[str] | None,
) -> dict[str, Any]:
    snapshot, record, vitals = context.supervisor.snapshot(), context.record(), context.supervisor.vitals()
    return {
        "version": VERSION,
        "project": record.project,
        "topology": snapshot.topology,
        "file": record.file,
        "pid": record.pid,
        "since": record.since,
        "state": _state(snapshot),
        "up": snapshot.up,
        "finished": snapshot.finished,
        "failed": snapshot.failed,
        "reason": snapshot.reason,
        "units": [
            _unit(context, unit, vitals, measured.get(name)) | {"links": linked.get(name)}
            for name, unit in snapshot.units.items()
            if chosen is None or name in chosen
        ],
        "traffic": [traffic_fields(*key, traffic) for key, traffic in vitals.traffic.items()],
        "meters": [
            meter_fields(instance, meter) for instance, meters in vitals.meters.items() for meter in meters
        ],
    }


def _state(snapshot: Snapshot) -> str:
    """`starting`, `ready`, `degraded` (it was ready and is not), `stopping`, `ended` or `failed`."""
    if snapshot.finished:
        return "failed" if snapshot.failed else "ended"
    if snapshot.stopping:
        return "stopping"
    if snapshot.up:
        return "ready"
    return "degraded" if any(u.restarts for u in snapshot.units.values()) else "starting"


def _unit(context: Context, unit: UnitSnapshot, vitals: Vitals, used: usage.Usage | None) -> dict[str, Any]:
    state_age_s = time.monotonic() - unit.since if unit.since else None
    return {
        "unit": unit.unit,
        "node": unit.node,
        "instances": list(context.supervisor.instances(unit.unit)),
        "state": unit.state.value,
        "state_age_s": _rounded(state_age_s, 3),
        "reason": unit.reason,
        "settled": unit.settled,
        "attempt": unit.attempt,
        "pid": unit.pid,
        "restarts": unit.restarts,
        "last_exit": unit.last_exit,
        "last_lines": list(context.last_lines(unit.unit)),
        "heartbeat_age_s": _rounded(vitals.heartbeat_ages_s.get(unit.unit), 3),
        "round_trip_s": _rounded(vitals.round_trips_s.get(unit.unit), 6),
        "cpu_s": None if used is None else round(used.cpu_s, 3),
        "age_s": None if used is None else round(used.age_s, 3),
        "memory_bytes": None if used is None else used.memory_bytes,
        "processes": None if used is None else used.processes,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
