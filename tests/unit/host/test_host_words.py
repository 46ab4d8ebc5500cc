"""What a node process says: failures, beats, addresses; and when it believes its supervisor gone."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from orchestrator.host.failures import from_error, from_exception, user_traceback
from orchestrator.host.orders import read_addresses
from orchestrator.host.pulse import Pulse
from orchestrator.host.supervisor import SupervisorWatch
from orchestrator.sdk.errors import NodeError
from orchestrator.sdk.reports.progress import Progress, SocketCounters
from orchestrator.supervision.events import FailureCause
from orchestrator.transport.holders import holder


def raised(call: object) -> BaseException:
    try:
        call()  # type: ignore[operator]
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_reason_names_the_place() -> None:
    def divide() -> None:
        1 / 0  # noqa: B018

    failure = from_exception(FailureCause.USER_CODE, raised(divide))
    assert failure.reason.startswith("ZeroDivisionError: division by zero (test_host_words.py:")
    assert failure.reason.endswith(" in divide)")
    assert not failure.permanent


def test_a_reason_is_one_line() -> None:
    def fail() -> None:
        raise ValueError("first\nsecond")

    assert "\n" not in from_exception(FailureCause.SETUP, raised(fail)).reason


def test_a_traceback_keeps_the_chain_of_the_user() -> None:
    def fail() -> None:
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("outer") from error

    text = user_traceback(raised(fail))
    assert "KeyError: 'key'" in text
    assert "direct cause" in text
    assert text.endswith("RuntimeError: outer")


def test_our_own_errors_come_with_their_remedy() -> None:
    failure = from_error(FailureCause.SETUP, NodeError("no handler", "write one"), permanent=True)
    assert (failure.reason, failure.text, failure.permanent) == ("no handler", "no handler\nwrite one", True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {}),
        ({"addresses": [["a", "s", ["tcp://x:1"]]]}, {("a", "s"): ("tcp://x:1",)}),
        ({"addresses": [["a", "s"], ["a", 3, []], "x", ["b", "t", []]]}, {("b", "t"): ()}),
    ],
)
def test_connect_bodies(body: dict[str, object], expected: object) -> None:
    assert read_addresses(body) == expected


class _Control:
    def __init__(self) -> None:
        self.progress = Progress()
        self.progress.sockets["in"] = SocketCounters()


class _Instance:
    """What a pulse reads of an instance."""

    name = "a"

    def __init__(self) -> None:
        self.control = _Control()
        self.news = False

    def has_news(self) -> bool:
        return self.news

    def beat(self, now: float, last_step_at: float, *, links: bool) -> dict[str, object]:
        body: dict[str, object] = {"steps": self.control.progress.steps, "stepped": last_step_at}
        return {**body, "links": {}} if links else body


def test_a_quiet_node_beats_every_fifth_interval() -> None:
    pulse, instance = Pulse(1.0), _Instance()
    beats = [bool(pulse.beats(100.0 + n, [instance])) for n in range(12)]  # type: ignore[list-item]
    assert beats == [True, False, False, False, False, True, False, False, False, False, True, False]


def test_a_node_that_moves_or_is_busy_beats_every_interval() -> None:
    pulse, instance = Pulse(1.0), _Instance()
    pulse.beats(99.0, [instance])  # type: ignore[list-item]
    for n in range(3):
        instance.control.progress.steps += 1
        assert pulse.beats(100.0 + n, [instance]) == [("a", {"steps": n + 1, "stepped": 100.0 + n})]  # type: ignore[list-item]
    instance.control.progress.busy_since = 102.5
    assert pulse.beats(103.0, [instance]) == [("a", {"steps": 3, "stepped": 102.0})]  # type: ignore[list-item]


def test_links_go_along_when_they_change_and_now_and_then() -> None:
    pulse, instance = Pulse(1.0), _Instance()
    told = []
    for n in range(9):
        instance.control.progress.steps += 1
        instance.news = n == 3
        told += ["links" in body for _, body in pulse.beats(100.0 + n, [instance])]  # type: ignore[list-item]
    assert told == [True, False, False, True, False, False, False, False, True]


def test_the_last_beat_tells_of_everyone() -> None:
    pulse, instance = Pulse(1.0), _Instance()
    pulse.beats(100.0, [instance])  # type: ignore[list-item]
    assert pulse.beats(100.1, [instance]) == []  # type: ignore[list-item]
    told = [("a", {"steps": 0, "stepped": 100.1, "last": True})]
    assert pulse.beats(100.1, [instance], last=True) == told  # type: ignore[list-item]


def test_news_of_links_does_not_wait() -> None:
    pulse, instance = Pulse(1.0), _Instance()
    pulse.beats(100.0, [instance])  # type: ignore[list-item]
    assert pulse.beats(101.0, [instance]) == []  # type: ignore[list-item]
    instance.news = True
    assert pulse.beats(102.0, [instance]) == [("a", {"steps": 0, "stepped": 100.0, "links": {}})]  # type: ignore[list-item]


def test_silence_is_not_death(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    watch = SupervisorWatch(os.getpid(), silence_s=3.0)
    watch.heard(100.0)
    assert not watch.supervisor_is_gone(102.9)
    assert err.getvalue() == ""
    assert not watch.supervisor_is_gone(103.5)
    assert not watch.supervisor_is_gone(104.5)
    assert err.getvalue() == "no heartbeat from the supervisor for 3.5 s; it is still there: going on\n"


def test_a_dead_supervisor_is_gone_after_the_silence_and_not_before() -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    watch = SupervisorWatch(dead.pid, silence_s=3.0)
    watch.heard(100.0)
    assert not watch.supervisor_is_gone(102.0)
    assert watch.supervisor_is_gone(103.0)


@pytest.mark.parametrize(
    "address", ["inproc://x", "tcp://x", "tcp://127.0.0.1:*", "ipc:///no/such/path", "nonsense"]
)
def test_a_holder_that_cannot_be_told(address: str) -> None:
    assert holder(address) is None
