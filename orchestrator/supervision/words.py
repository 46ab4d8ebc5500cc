"""What the machine says to people. Text only: nothing here decides anything."""

from __future__ import annotations

import signal
from typing import Final

from orchestrator.model.types import (
    DelayProbe,
    ExecProbe,
    FileProbe,
    HeartbeatProbe,
    LogProbe,
    PeersProbe,
    ProbeKind,
    TcpProbe,
    ZmqProbe,
)
from orchestrator.planning.types import UnitDependency
from orchestrator.supervision.events import Exited, FailureCause, FailureReported
from orchestrator.vocabulary import Condition, NodeState

_SHELL_CODES: Final = {
    126: "as a shell reports a program that cannot be executed",
    127: "as a shell reports a missing program",
}
_SIGNAL_BASE: Final = 128
"""A shell reports the end of its child by signal n as exit code 128 + n (POSIX.1-2017, 2.8.2)."""

_CAUSES: Final = {
    FailureCause.IMPORT: "cannot be imported",
    FailureCause.BIND: "cannot bind or connect",
    FailureCause.SETUP: "setup failed",
    FailureCause.USER_CODE: "raised",
    FailureCause.PARAMS: "its params do not fit",
}

_CONDITIONS: Final = {
    Condition.STARTED: "to start",
    Condition.READY: "to be ready",
    Condition.HEALTHY: "to be healthy",
    Condition.COMPLETED: "to complete",
}

END_WORDS: Final = {
    NodeState.STOPPED: "was stopped",
    NodeState.EXITED: "has finished",
    NodeState.FAILED: "has failed",
}
"""What became of a unit that has reached its end."""


def given(seconds: float) -> str:
    """A duration from the user's file: `60 s`, `0.25 s`."""
    return f"{seconds:g} s"


def measured(seconds: float) -> str:
    """A duration that was observed: `3.0 s`, `0.12 s`."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2g} s"


def signal_name(number: int) -> str:
    """`SIGSEGV`, or `signal 99` for a number this platform has no name for."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_number(name: str) -> int | None:
    """The number of `SIGTERM` or `TERM`; None where the platform has no such signal."""
    word = name.upper()
    found = signal.Signals.__members__.get(word if word.startswith("SIG") else f"SIG{word}")
    return None if found is None else int(found)


def exit_text(event: Exited) -> str:
    """How a process ended: `exit code 3`, `killed by SIGSEGV`, `killed by the kernel: out of memory`."""
    if event.out_of_memory:
        return "killed by the kernel: out of memory"
    if event.signal is not None:
        return f"killed by {signal_name(event.signal)}"
    return code_text(event.code or 0)


def code_text(code: int) -> str:
    """An exit code, with what a shell means by it."""
    if code in _SHELL_CODES:
        return f"exit code {code} ({_SHELL_CODES[code]})"
    number = code - _SIGNAL_BASE
    if number > 0 and number in signal.valid_signals():
        return f"exit code {code} (as a shell reports {signal_name(number)})"
    return f"exit code {code}"


def failure_text(event: FailureReported, *, alone: bool) -> str:
    """What a Python node said about its own end; `alone`: it is the only instance in its process."""
    who = "" if alone else f"{event.instance}: "
    return f"{who}{_CAUSES[event.cause]}: {event.reason}"


def probe_text(kind: ProbeKind) -> str:
    """What a probe asks, in the words of the file: `tcp orders`, `file kernel.json`."""
    match kind:
        case HeartbeatProbe():
            return "heartbeat"
        case TcpProbe():
            return f"tcp {', '.join(kind.targets)}"
        case FileProbe():
            return f"file {kind.path}"
        case LogProbe():
            return f"log {kind.pattern!r}"
        case ExecProbe():
            return f"exec {' '.join(kind.argv)}"
        case PeersProbe():
            return f"{kind.count} {'peer' if kind.count == 1 else 'peers'} at {kind.socket}"
        case DelayProbe():
            return f"delay {given(kind.delay_s)}"
        case _:
            return f"zmq {kind.socket}"


def unanswered_text(kind: ProbeKind) -> str:
    """What a probe that no answer has come to waits for: `no line of its output matches 'listening'`."""
    match kind:
        case LogProbe():
            return f"no line of its output matches {kind.pattern!r}"
        case ExecProbe():
            return f"`{' '.join(kind.argv)}` has not ended"
        case DelayProbe():
            return f"{given(kind.delay_s)} are not over"
        case ZmqProbe():
            return f"no answer at {kind.socket}"
        case _:
            return probe_text(kind)


def waiting_text(dependency: UnitDependency) -> str:
    """`waits for gateway to be ready`."""
    return f"waits for {dependency.unit} {_CONDITIONS[dependency.condition]}"


def hopeless_text(unit: str, condition: Condition) -> str:
    """Why a unit will never start."""
    return f"cannot start: it waits for {unit} {_CONDITIONS[condition]}, and {unit} has failed"


def times(count: int, what: str) -> str:
    """`1 restart`, `5 restarts`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
