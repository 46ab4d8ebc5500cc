"""An experiment from its beginning to its verdict. Whatever happens, everything is ended and taken back."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from typing import Final, Self

from orchestrator.chaos import checks, counting, faults
from orchestrator.chaos.controls import Controls
from orchestrator.chaos.crossing import Crossing
from orchestrator.chaos.faults import Victim
from orchestrator.chaos.network import Network
from orchestrator.chaos.schedule import Appointment, schedule, stations
from orchestrator.chaos.system import Subject
from orchestrator.chaos.types import Experiment, Fill, Freeze, Heartbeats, Kill, Slow
from orchestrator.chaos.verdict import Finding, Happened, Verdict
from orchestrator.model.links import links
from orchestrator.model.quantities import format_duration
from orchestrator.model.types import Topology
from orchestrator.planning.types import Plan
from orchestrator.vocabulary import NodeState

_LOOK_S: Final = 0.01
_QUIET_BEATS: Final = 3
"""So many heartbeats without news, and nothing more is counted."""

Tell = Callable[[Happened], None]


class Laboratory:
    """One experiment. `with` it: leaving ends everything."""

    def __init__(
        self,
        experiment: Experiment,
        topology: Topology,
        *,
        environ: Mapping[str, str],
        seed: int,
        tell: Tell = lambda _: None,
    ) -> None:
        self._experiment = experiment
        self._topology = topology
        self._seed = seed
        self._tell = tell
        self._links = links(topology)
        self._groups = counting.groups(topology, self._links) if experiment.no_message_lost else ()
        self._network = Network(seed)
        self._controls = Controls(self._network)
        self._crossing = Crossing(self._network, experiment, self._links)
        self._late = any(isinstance(fault.what, Heartbeats) for fault in experiment.faults)
        self._subject = Subject(
            topology,
            profiles=experiment.profiles,
            environ=environ,
            adjust=self._adjust,
            starting=self._starting,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the topology and give everything back. A further Ctrl-C has it killed at once."""
        try:
            before = signal.signal(signal.SIGINT, lambda *_: self._subject.stop_now())
        except ValueError:  # not in the main thread: no signal comes here
            before = None
        try:
            self._subject.stop()
        finally:
            self._network.close()
            if before is not None:
                signal.signal(signal.SIGINT, before)

    def _adjust(self, plan: Plan) -> Plan:
        return counting.patient(self._crossing.reroute(plan, self._subject.addresses), self._groups)

    def _starting(self, run_dir: str) -> None:
        if self._late:
            self._controls.interpose(run_dir)

    # ------------------------------------------------------------------ the course of it

    def run(self) -> Verdict:
        """Everything. Raises RunError when the topology does not become ready, or a fault can't be made."""
        for fault in self._experiment.faults:
            if isinstance(fault.what, Fill):
                faults.room(fault.what)
        subject = self._subject
        subject.start()
        subject.wait_ready(self._experiment.ready_within_s)
        began = time.monotonic()
        plan = subject.plan()
        appointments = schedule(self._experiment, stations(plan), self._seed)
        happened: list[Happened] = []
        for appointment in appointments:
            if self._pause(began + appointment.at_s - time.monotonic()):
                break
            found = self._carry_out(appointment, began)
            if found is None:
                break
            happened.append(found)
            self._tell(found)
        left_out = len(appointments) - len(happened)
        return Verdict(
            experiment=self._experiment.name,
            topology=self._topology.file,
            seed=self._seed,
            faults=tuple(happened),
            findings=self._about_all(left_out, plan),
            left_out=left_out,
        )

    def _pause(self, seconds: float) -> bool:
        """Wait; True when the topology has ended."""
        return self._subject.wait(max(0.0, seconds))

    def _carry_out(self, appointment: Appointment, began: float) -> Happened | None:
        """One fault, and what followed; None when the topology had ended before it."""
        snapshot = self._subject.look()
        if snapshot is None:
            return None
        were = checks.before(snapshot)
        victims = tuple(
            Victim(unit, pid) for unit in appointment.units if (pid := snapshot.units[unit].pid) is not None
        )
        at = time.monotonic()
        target, what = self._do(appointment, victims)
        over_at = time.monotonic()
        findings = self._judge(appointment, were, {victim.unit for victim in victims}, over_at)
        return Happened(
            number=appointment.number,
            kind=appointment.fault.kind,
            target=target,
            what=what,
            at_s=at - began,
            seconds=over_at - at,
            findings=findings,
        )

    def _do(self, appointment: Appointment, victims: tuple[Victim, ...]) -> tuple[str, str]:
        """Carry a fault out; whom it hit, and what was done."""
        what, who = appointment.fault.what, ", ".join(appointment.units)
        match what:
            case Kill() | Freeze() | Slow() if not victims:
                return who, f"nothing: {who} has no process"
            case Kill():
                faults.kill(what, victims, self._subject.kill)
                return who, faults.told(what, appointment.units)
            case Freeze():
                faults.freeze(what, victims, self._pause)
                return who, faults.told(what, appointment.units)
            case Slow():
                faults.slow(what, victims, self._pause, time.monotonic)
                return who, faults.told(what, appointment.units)
            case Heartbeats():
                return who, self._delay_heartbeats(what, victims)
            case Fill():
                faults.fill(what, self._pause)
                return what.directory, f"full for {format_duration(what.for_s)}: {what.directory}"
            case _:
                return self._crossing.disturb(what, self._pause)

    def _delay_heartbeats(self, what: Heartbeats, victims: tuple[Victim, ...]) -> str:
        connections = 0
        try:
            for victim in victims:
                connections += self._controls.delay(victim.pid, what.by_s)
            self._pause(what.for_s)
        finally:
            for victim in victims:
                self._controls.clear(victim.pid)
        who = ", ".join(victim.unit for victim in victims)
        if not connections:
            return f"nothing: {who or 'it'} does not speak with its supervisor"
        late = f"{format_duration(what.by_s)} late for {format_duration(what.for_s)}"
        return f"heartbeats {late}: {who}"

    # ------------------------------------------------------------------ judging

    def _judge(
        self, appointment: Appointment, were: Mapping[str, checks.Before], victims: set[str], over_at: float
    ) -> tuple[Finding, ...]:
        fault = appointment.fault
        sure = isinstance(fault.what, Kill) and fault.what.signum == signal.SIGKILL
        within_s = fault.expect.ready_again_within_s
        patient = isinstance(fault.what, Kill) and not sure
        took_s = self._until_back(were, victims if sure else set(), over_at, within_s, patient=patient)
        snapshot = self._subject.look()
        found = [checks.ready_again(took_s, within_s, snapshot, were, self._subject.over)]
        if fault.expect.others_untouched:
            found.append(checks.others_untouched(snapshot, were, victims))
        return tuple(found)

    def _until_back(
        self,
        were: Mapping[str, checks.Before],
        killed: set[str],
        over_at: float,
        within_s: float,
        *,
        patient: bool,
    ) -> float | None:
        """Seconds until all were ready again; None when that did not come about.

        `patient`: a process may end late of the signal that it got, so being ready is not enough at once.
        """
        looked, back_at = False, None
        while True:
            now = time.monotonic()
            snapshot = self._subject.look()
            if snapshot is None:
                return None
            if not checks.is_back(snapshot, were, killed):
                back_at = None
            elif back_at is None:
                back_at = now if looked else over_at
            changed = any(unit.attempt != were[n].attempt for n, unit in snapshot.units.items() if n in were)
            if back_at is not None and (not patient or changed or now - over_at >= within_s):
                return back_at - over_at
            if now - over_at >= within_s:
                return None
            looked = True
            if self._pause(_LOOK_S):
                return None

    def _about_all(self, left_out: int, plan: Plan) -> tuple[Finding, ...]:
        found = []
        if self._experiment.topology_survives:
            found.append(checks.survives(self._subject.over, left_out))
        if self._experiment.no_message_lost:
            found += [self._count(group, plan) for group in self._groups]
            if not self._groups:
                text = "no link joins Python nodes by a pattern that never drops"
                found.append(Finding(expectation=counting.NO_MESSAGE_LOST, held=None, told=text))
        return tuple(found)

    def _count(self, group: counting.Group, plan: Plan) -> Finding:
        """Stop those who send, wait until those who receive have all of it, and compare."""
        if group.unknown is not None:
            return counting.untold(group, group.unknown)
        units = counting.units_of(plan, group.nodes)
        ended = self._ended(units)
        senders = counting.units_of(plan, {ref.partition(".")[0] for ref in group.senders})
        for unit in senders:
            self._subject.stop_unit(unit, "it has sent enough: messages are counted")
        if not self._until_settled(senders):
            return counting.untold(group, "the topology has ended")
        if ended is not None:
            return counting.untold(group, f"{ended}, and what it had counted is gone with it")
        beat_s = max(unit.heartbeat.interval_s for unit in plan.units if unit.unit in units)
        sent, received = self._until_quiet(group, _QUIET_BEATS * beat_s)
        ended = self._ended(units)
        return counting.judged(group, sent, received) if ended is None else counting.untold(group, ended)

    def _ended(self, units: tuple[str, ...]) -> str | None:
        """The first of these units whose process has ended with nobody asking for it, and why."""
        ends = self._subject.ends
        return next((f"{unit} has ended ({ends[unit][0]})" for unit in units if unit in ends), None)

    def _until_settled(self, units: tuple[str, ...]) -> bool:
        while (snapshot := self._subject.look()) is not None:
            if all(snapshot.units[unit].state in _DOWN for unit in units):
                return True
            if self._pause(_LOOK_S):
                return False
        return False

    def _until_quiet(self, group: counting.Group, quiet_s: float) -> tuple[int, int]:
        """The sums, once they are equal or have not changed for so long."""
        last, since = (-1, -1), time.monotonic()
        while (vitals := self._subject.vitals()) is not None:
            now, found = time.monotonic(), counting.sums(group, vitals.traffic)
            if found != last:
                last, since = found, now
            if (found[0] == found[1] and now - since >= 2 * _LOOK_S) or now - since >= quiet_s:
                return found
            self._pause(_LOOK_S)
        return last


_DOWN: Final = (NodeState.STOPPED, NodeState.EXITED, NodeState.FAILED)
