"""What a soak test sees of one `orchestrator up`: states, failures, and what the supervisor itself uses."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from up_support import Up


@dataclass
class Fault:
    """Something done to a process, and what is to come of it."""

    unit: str
    attempt: int
    kind: str
    at: float
    noticed_s: float | None = None
    healed_s: float | None = None


@dataclass(frozen=True)
class Use:
    """What supervisor and zygote hold at a moment when all is calm."""

    memory_mib: float
    descriptors: int
    threads: int
    processes: int
    """Everything below the supervisor, zombies included."""


@dataclass
class Witness:
    """Follows the events of a run, and holds each failure against the faults that were caused."""

    up: Up
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    """unit -> its last event of state."""
    pending: dict[str, Fault] = field(default_factory=dict)
    done: list[Fault] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    """Failures that nobody caused, and other things that should not be."""

    def follow(self, seconds: float) -> None:
        """Take in what happens for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self.up._lines.get(timeout=left)
            except queue.Empty:
                return
            if event is None:
                raise AssertionError(f"the supervisor has ended: {self.up.errors[-2000:]}")
            self._take_in(event)

    def calm(self, patience_s: float) -> None:
        """Wait until every unit is ready and no fault is open."""
        deadline = time.monotonic() + patience_s
        while self.pending or any(event["state"] != "ready" for event in self.units.values()):
            late = {u: e["state"] for u, e in self.units.items() if e["state"] != "ready"}
            assert time.monotonic() < deadline, f"not healed: {self.pending.values()}, not ready: {late}"
            self.follow(0.2)

    def targets(self) -> list[dict[str, Any]]:
        """The units that are ready and whole."""
        return [e for u, e in self.units.items() if e["state"] == "ready" and u not in self.pending]

    def caused(self, event: dict[str, Any], kind: str) -> None:
        """A fault has been caused in the process that `event` tells of."""
        unit = event["unit"]
        self.pending[unit] = Fault(unit, event["attempt"], kind, time.monotonic())

    def overdue(self, notice_s: float) -> list[str]:
        """The faults that should have been noticed by now."""
        now = time.monotonic()
        return [
            f"{f.unit}: {f.kind} of attempt {f.attempt} not noticed after {now - f.at:.0f} s"
            for f in self.pending.values()
            if f.noticed_s is None and now - f.at > notice_s
        ]

    def use(self) -> Use:
        """What supervisor and zygote hold now."""
        supervisor = self.up.process.pid
        zygotes = [pid for pid in _children(supervisor) if "orc-zygote" in _status(pid).get("Name", "")]
        own = [supervisor, *zygotes]
        return Use(
            memory_mib=sum(int(_status(pid)["RssAnon"].split()[0]) for pid in own) / 1024,
            descriptors=sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in own),  # noqa: PTH208
            threads=sum(int(_status(pid)["Threads"]) for pid in own),
            processes=max(_sampled(lambda: len(_below(supervisor)))),
        )

    def _take_in(self, event: dict[str, Any]) -> None:
        if event["event"] == "topology_ended":
            self.alarms.append(f"the topology has ended: {event['reason']}")
        if event["event"] != "state":
            return
        unit, state, fault = event["unit"], event["state"], self.pending.get(event["unit"])
        self.units[unit] = event
        if state in ("backoff", "failed", "exited"):
            if fault is None or fault.attempt != event["attempt"] or fault.noticed_s is not None:
                self.alarms.append(f"{unit}: {state} without a cause: {event['reason']}")
            else:
                fault.noticed_s = time.monotonic() - fault.at
        elif state == "ready" and fault is not None and event["attempt"] > fault.attempt:
            if fault.noticed_s is None:
                self.alarms.append(f"{unit}: ready again, and its {fault.kind} was never told")
            fault.healed_s = time.monotonic() - fault.at
            self.done.append(self.pending.pop(unit))


def _sampled(look: Callable[[], int]) -> list[int]:
    """Several looks: between the end of one child and the start of the next a shell has none."""
    found = []
    for _ in range(5):
        found.append(look())
        time.sleep(0.1)
    return found


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []


def _below(pid: int) -> list[int]:
    found = []
    waiting = _children(pid)
    while waiting:
        each = waiting.pop()
        found.append(each)
        waiting += _children(each)
    return found
