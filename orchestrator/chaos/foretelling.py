"""What an experiment would do, without doing it."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.chaos.schedule import Appointment, schedule, stations
from orchestrator.chaos.types import Cut, Delay, Experiment, Fill, Hold, Throttle
from orchestrator.model.profiles import select_profiles
from orchestrator.model.types import Topology
from orchestrator.planning.build import build


def foretold(
    experiment: Experiment, topology: Topology, environ: Mapping[str, str], seed: int
) -> tuple[Appointment, ...]:
    """The schedule. Raises RunError for a topology that cannot be planned."""
    active = select_profiles(topology, experiment.profiles)
    plan = build(active, run_dir="/run", environ=environ, pick_port=_some_port)
    return schedule(experiment, stations(plan), seed)


def _some_port(_node: str, _socket: str) -> int:
    """Nothing is going to be bound."""
    return 1


def target_of(appointment: Appointment) -> str:
    """Whom a fault is aimed at, as far as it is known beforehand."""
    match appointment.fault.what:
        case Cut(across=across) | Hold(across=across) | Delay(across=across) | Throttle(across=across):
            return f"{across.source or 'all'} → {across.link}"
        case Fill(directory=directory):
            return directory
        case _:
            return ", ".join(appointment.units)
