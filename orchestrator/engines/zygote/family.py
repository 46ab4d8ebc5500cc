"""Who belongs to which unit: main processes, what they leave behind, how all of it is killed. In the zygote.

A main process leads its session and group. What leaves both is found as long as its ancestors live; once
they are dead it is a child of the zygote (a subreaper) and is recognised by its session, by having been
seen below the main process before, or by `MARK_VARIABLE` in the environment it was started with. Out of
reach until the engine closes: a process that was forked (not exec'ed) by a Python node, made a session of
its own and whose ancestors ended before the kill; and a program that was started with an empty environment
in the same way. Never in reach: programs of another user (setuid).
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field

from orchestrator.engines import cgroups, proctable
from orchestrator.engines.protocol import mark_value

_GONE = (ProcessLookupError, PermissionError)


@dataclass(slots=True, eq=False)
class Main:
    """The main process of one attempt of a unit."""

    unit: str
    attempt: int
    pid: int
    mark: str
    status_fd: int = -1
    """Tells how exec goes; -1 when that is settled."""
    group: str | None = None
    """Its control group, where it has one."""
    alive: bool = True
    failed: bool = False
    """Whether it never became its program; its exit is nobody's news."""
    killed: bool = False
    """Whether all that belongs to it is to die."""
    kin: set[int] = field(default_factory=set)
    """Processes that were seen below it. For recognition only: an id may have a new owner by now."""
    sessions: set[int] = field(default_factory=set)

    def note(self, kin: dict[int, proctable.Proc]) -> None:
        """Remember what was seen below it."""
        self.kin.update(kin)
        self.sessions.update(p.session for p in kin.values() if p.session != os.getpid())


class Family:
    """All descendants of this process, as far as units are concerned."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._self = os.getpid()
        self._alive: dict[int, Main] = {}
        self._records: dict[tuple[str, int], Main] = {}
        self.childless = True
        """Whether the last `reap` found that no child is left, dead or alive."""

    def add(self, unit: str, attempt: int, pid: int, status_fd: int = -1, group: str | None = None) -> Main:
        """A main process was forked."""
        mark = mark_value(self._mark, unit, attempt)
        main = Main(unit, attempt, pid, mark, status_fd, group, sessions={pid})
        self._alive[pid] = self._records[unit, attempt] = main
        return main

    def find(self, unit: str, attempt: int) -> Main | None:
        """The attempt's main process while it lives."""
        main = self._records.get((unit, attempt))
        return main if main is not None and main.alive else None

    @property
    def any_alive(self) -> bool:
        """Whether a main process lives."""
        return bool(self._alive)

    def reap(self) -> list[tuple[Main, int]]:
        """Collect every dead child; the main processes among them with their wait status."""
        ended: list[tuple[Main, int]] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.childless = True
                break
            self.childless = False
            if pid == 0:
                break
            main = self._alive.pop(pid, None)
            if main is not None:
                main.alive = False
                ended.append((main, status))
        return ended

    def kill(self, unit: str, attempt: int) -> None:
        """SIGKILL what the attempt has running; `sweep` catches what was being forked meanwhile."""
        main = self._records.get((unit, attempt))
        if main is None:
            return
        main.killed = True
        if main.alive:
            kin = proctable.descendants(main.pid)
            main.note(kin)
            _kill_group(main.pid)
            _kill(main.pid)  # it may not have come to lead its group yet
            for pid in kin:
                _kill(pid)
        if main.group is not None:
            cgroups.kill(main.group)

    def sweep(self) -> None:
        """Kill orphans of killed units, forget the dead that left nothing. Call after `reap` and `kill`."""
        leaving = set()
        for orphan in self._orphans():
            main = self._owner(orphan)
            if main is None:
                continue
            leaving.add((main.unit, main.attempt))
            if main.killed:
                kin = {orphan.pid: orphan} | proctable.descendants(orphan.pid)
                main.note(kin)
                if orphan.group != self._self and orphan.group not in self._alive:
                    _kill_group(orphan.group)
                for pid in kin:
                    _kill(pid)
        for key in [k for k, main in self._records.items() if not main.alive and k not in leaving]:
            if self._is_rid_of_group(self._records[key]):
                del self._records[key]

    def _is_rid_of_group(self, main: Main) -> bool:
        """Whether nobody is left in the control group of an ended main process; then it is removed."""
        if main.group is None or cgroups.remove(main.group):
            return True
        if main.killed:
            cgroups.kill(main.group)
        return False

    def is_dying(self, unit: str) -> bool:
        """Whether something of a killed attempt of this unit is still there, as after the last `sweep`."""
        return any(main.unit == unit and main.killed for main in self._records.values())

    def kill_everything(self) -> None:
        """SIGKILL every descendant, group by group, whoever it belongs to."""
        for main in self._records.values():
            if main.group is not None:
                cgroups.kill(main.group)
        for pid in list(self._alive):
            _kill_group(pid)
        for pid in proctable.descendants(self._self):
            _kill(pid)

    def _orphans(self) -> list[proctable.Proc]:
        pids = set(proctable.children(self._self)) - self._alive.keys()
        procs = (proctable.read(pid) for pid in pids)
        return [p for p in procs if p is not None and not p.zombie]

    def _owner(self, orphan: proctable.Proc) -> Main | None:
        for main in self._records.values():
            if orphan.session in main.sessions or orphan.pid in main.kin:
                return main
        mark = proctable.mark_of(orphan.pid)
        return next((m for m in self._records.values() if m.mark == mark), None)


def _kill(pid: int) -> None:
    with suppress(*_GONE):
        os.kill(pid, signal.SIGKILL)


def _kill_group(group: int) -> None:
    with suppress(*_GONE):
        os.killpg(group, signal.SIGKILL)
