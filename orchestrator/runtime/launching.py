"""From a unit's plan to the request that starts its process."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.engines import SpawnRequest
from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.runtime.reaching import routing_id
from orchestrator.wire.launch import HostLaunch

Addresses = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all processes of one run are told."""

    plan: Plan
    control: str
    token: str
    environ: Mapping[str, str]
    lasting: bool = False
    """Whether they may outlive their supervisor."""


def request(run: Run, unit: UnitPlan, attempt: int, addresses: Addresses) -> SpawnRequest:
    """Everything the engine needs to start `unit` for the `attempt`-th time."""
    spoken = {
        "ORCHESTRATOR_UNIT": unit.unit,
        "ORCHESTRATOR_ATTEMPT": str(attempt),
        "ORCHESTRATOR_CONTROL": run.control,
    }
    if not unit.is_python:  # whose launch has it: what a node starts is not to inherit it
        spoken["ORCHESTRATOR_TOKEN"] = run.token
    if run.lasting and not unit.is_python:
        spoken["ORCHESTRATOR_ROUTING_ID"] = routing_id(run.token, unit.unit, attempt, "control").decode()
    return SpawnRequest(
        unit=unit.unit,
        attempt=attempt,
        argv=None if unit.foreign is None else unit.foreign.argv,
        host=_payload(_launch(run, unit, attempt, addresses)) if unit.is_python else None,
        env={**run.environ, **unit.env, **spoken},
        cwd=unit.cwd,
        stdin=unit.stdin is not None,
        resources=unit.resources,
    )


def _launch(run: Run, unit: UnitPlan, attempt: int, addresses: Addresses) -> HostLaunch:
    return HostLaunch(
        unit=unit.unit,
        attempt=attempt,
        instances=unit.instances,
        topology=run.plan.topology,
        directory=run.plan.directory,
        run_dir=run.plan.run_dir,
        control=run.control,
        token=run.token,
        supervisor_pid=os.getpid(),
        heartbeat_interval_s=unit.heartbeat.interval_s,
        liveness=unit.heartbeat.liveness,
        stall_s=unit.heartbeat.stall_s,
        stop_grace_s=unit.stop.grace_s,
        addresses=dict(addresses),
        routing_ids=_routing_ids(run, unit.unit, attempt) if run.lasting else None,
    )


def _routing_ids(run: Run, unit: str, attempt: int) -> tuple[bytes, bytes]:
    return (
        routing_id(run.token, unit, attempt, "control"),
        routing_id(run.token, unit, attempt, "heartbeat"),
    )


def _payload(launch: HostLaunch) -> bytes:
    if any(instance.function is not None for instance in launch.instances):
        from orchestrator.engines.payload import carry
        from orchestrator.sdk.travelling import settle

        for instance in launch.instances:
            settle(instance.function)
        return carry(launch)
    return pickle.dumps(launch)
