"""What cannot be used is counted, told once with its traceback, and sent to the dead letters."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.sdk.reports.progress import SocketCounters
from orchestrator.sdk.reports.rejects import Rejects
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.reports.sampling import EVERY_S, Samples
from orchestrator.wire.qos import OnError


class Dead:
    name = "dead"

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []

    def forward(self, frames: Sequence[bytes]) -> None:
        self.sent.append(list(frames))


class Bench:
    def __init__(self, on_error: OnError = OnError.SKIP) -> None:
        self.out, self.now = io.StringIO(), 0.0
        clock = lambda: self.now  # noqa: E731
        self.rejects = Rejects(
            "strategy",
            on_error=on_error,
            samples=Samples(self.out.write, clock),
            clock=clock,
        )
        self.dead = self.rejects.dead_letter = Dead()
        self.socket: Any = SimpleNamespace(
            name="ticks",
            counters=SocketCounters(),
            reporter=Reporter(self.out, clock),
        )

    def said(self) -> str:
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text


def test_ten_thousand_errors_are_two_lines() -> None:
    bench = Bench()
    for number in range(10_000):
        bench.now = number * EVERY_S / 9_999
        try:
            {}["price"]
        except KeyError as error:
            bench.rejects.failed(bench.socket, error)
        if number == 0:
            first = bench.said()
    assert first.startswith("socket ticks: the message is passed over:\nTraceback (most recent call last):\n")
    assert first.endswith("KeyError: 'price'\n")
    [line] = bench.said().splitlines()
    assert line.startswith(
        "9,999 more of: socket ticks: the message is passed over: KeyError: 'price' (test_rejects.py:"
    )
    assert line.endswith(" in test_ten_thousand_errors_are_two_lines) (in the last 10 s)")
    assert bench.socket.counters.failed == 10_000
    assert bench.dead.sent == []


def test_each_line_and_type_is_its_own_kind() -> None:
    bench = Bench()
    for kind in (KeyError, ValueError, KeyError):
        try:
            raise kind("x")
        except (KeyError, ValueError) as error:
            bench.rejects.failed(bench.socket, error)
    assert bench.said().count("Traceback") == 2
    bench.rejects.samples.flush(due=True)
    assert bench.said() == ""
    bench.rejects.samples.flush()
    assert bench.said().startswith("1 more of: socket ticks: the message is passed over: KeyError: 'x'")
    bench.rejects.samples.flush()
    assert bench.said() == ""


def test_what_could_not_be_handled_goes_to_the_dead_letters() -> None:
    bench = Bench(OnError.DEAD_LETTER)
    bench.now = 12.5
    try:
        raise ValueError("no price")
    except ValueError as error:
        bench.rejects.failed(bench.socket, error, [b"AAPL", b"{}"], "10.0.0.1")
    [[head, *frames]] = bench.dead.sent
    told = json.loads(head)
    reason = told.pop("reason")
    assert told == {"node": "strategy", "socket": "ticks", "time": 12.5, "origin": "10.0.0.1"}
    assert reason.startswith("ValueError: no price (test_rejects.py:")
    assert frames == [b"AAPL", b"{}"]


@pytest.mark.parametrize("on_error", list(OnError))
def test_what_cannot_be_decoded_goes_there_whatever_the_policy(on_error: OnError) -> None:
    bench = Bench(on_error)
    bench.rejects.bad(bench.socket, "not JSON: \udcff", [b"\xff"], "10.0.0.1")
    [[head, frame]] = bench.dead.sent
    assert json.loads(head)["reason"] == "not JSON: \udcff"
    assert frame == b"\xff"
    assert bench.socket.counters.undecodable == 1
    assert "undecodable message from 10.0.0.1: not JSON" in bench.said()


def test_the_dead_letters_own_are_not_sent_to_themselves() -> None:
    bench = Bench()
    bench.socket.name = "dead"
    bench.rejects.bad(bench.socket, "not JSON", [b"x"])
    assert bench.dead.sent == []


def test_kinds_are_bounded() -> None:
    samples = Samples(lambda text: None, lambda: 0.0)
    for number in range(5000):
        samples.note(number, lambda: "", lambda: "")
    assert len(samples._kinds) <= 1000
