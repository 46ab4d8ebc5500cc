"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    WARNING = "warning"
    """Something will not go as it should."""
    ERROR = "error"
    """A topology cannot run, or a part of it does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the report."""

    topic: str
    status: Status
    fact: str
    remedy: str | None = None
    subject: str | None = None
    """What it is about, for programs: a process, a socket, a link, a project, a path."""
    pid: int | None = None
    """The process that is to blame, or at least there."""

    @property
    def wrong(self) -> bool:
        """Whether something is to be done."""
        return self.status in (Status.WARNING, Status.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Makes the checks of one topic."""

    name: str

    def ok(self, fact: str, subject: str | None = None) -> Check:
        return self._check(Status.OK, fact, None, subject)

    def note(
        self, fact: str, remedy: str | None = None, *, subject: str | None = None, pid: int | None = None
    ) -> Check:
        return self._check(Status.NOTE, fact, remedy, subject, pid)

    def warning(self, fact: str, remedy: str, *, subject: str | None = None, pid: int | None = None) -> Check:
        return self._check(Status.WARNING, fact, remedy, subject, pid)

    def error(self, fact: str, remedy: str, *, subject: str | None = None, pid: int | None = None) -> Check:
        return self._check(Status.ERROR, fact, remedy, subject, pid)

    def _check(
        self, status: Status, fact: str, remedy: str | None, subject: str | None, pid: int | None = None
    ) -> Check:
        return Check(topic=self.name, status=status, fact=fact, remedy=remedy, subject=subject, pid=pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a topology takes, as far as it can be known before it runs."""

    python: int = 0
    """Processes of Python nodes."""
    foreign: int = 0
    """Processes of foreign programs, what they start themselves not counted."""
    memory: int = 0
    """Bytes."""

    @property
    def processes(self) -> int:
        return self.python + self.foreign

    @property
    def tasks(self) -> int:
        """Threads of all processes, as limits of tasks count them."""
        return _SUPERVISOR_TASKS + _PYTHON_TASKS * self.python + self.foreign


_PYTHON_TASKS = 7
"""Of a Python node: the main, control and heartbeat threads, and two of each of its two ZeroMQ contexts."""
_SUPERVISOR_TASKS = 12
"""Supervisor and zygote, with their threads."""
