"""What the machine says."""

from __future__ import annotations

import pytest

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
from orchestrator.supervision.words import (
    code_text,
    given,
    measured,
    probe_text,
    signal_name,
    signal_number,
    unanswered_text,
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (HeartbeatProbe(), "heartbeat"),
        (TcpProbe(targets=("orders", "8080")), "tcp orders, 8080"),
        (FileProbe(path="/x"), "file /x"),
        (LogProbe(pattern="listening on \\d+"), "log 'listening on \\\\d+'"),
        (ExecProbe(argv=("curl", "-f", "http://x")), "exec curl -f http://x"),
        (ZmqProbe(socket="requests", send="PING", expect="PONG"), "zmq requests"),
        (PeersProbe(socket="ticks", count=1), "1 peer at ticks"),
        (PeersProbe(socket="ticks", count=3), "3 peers at ticks"),
        (DelayProbe(delay_s=1.5), "delay 1.5 s"),
    ],
)
def test_probes_are_told_as_they_are_written(kind: ProbeKind, text: str) -> None:
    assert probe_text(kind) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (LogProbe(pattern="up"), "no line of its output matches 'up'"),
        (ExecProbe(argv=("curl", "-f")), "`curl -f` has not ended"),
        (DelayProbe(delay_s=1.5), "1.5 s are not over"),
        (ZmqProbe(socket="requests", send="PING", expect="PONG"), "no answer at requests"),
    ],
)
def test_probes_without_an_answer(kind: ProbeKind, text: str) -> None:
    assert unanswered_text(kind) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "exit code 0"),
        (3, "exit code 3"),
        (126, "exit code 126 (as a shell reports a program that cannot be executed)"),
        (137, "exit code 137 (as a shell reports SIGKILL)"),
        (128, "exit code 128"),
        (255, "exit code 255"),
    ],
)
def test_exit_codes(code: int, text: str) -> None:
    assert code_text(code) == text


def test_signals_by_number_and_name() -> None:
    assert signal_name(11) == "SIGSEGV"
    assert signal_name(200) == "signal 200"
    assert (signal_number("SIGTERM"), signal_number("int"), signal_number("SIGNONE")) == (15, 2, None)


def test_durations() -> None:
    assert [given(s) for s in (60.0, 0.25, 1.0)] == ["60 s", "0.25 s", "1 s"]
    assert [measured(s) for s in (3.02, 0.1234, 63.0)] == ["3.0 s", "0.12 s", "63.0 s"]
