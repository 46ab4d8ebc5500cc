"""Trouble is told at once, and then only now and then."""

from __future__ import annotations

import io

from orchestrator.sdk.framing import Peer
from orchestrator.sdk.reports.reporting import EVERY_S, Reporter


def test_one_line_per_source_and_period() -> None:
    out, now = io.StringIO(), [0.0]
    reporter = Reporter(out, lambda: now[0])
    for total in range(1, 6):
        reporter.undecodable("in", ValueError("not JSON"), "10.0.0.1", total)
    reporter.undecodable("in", ValueError("not JSON"), "10.0.0.2", 6)
    now[0] = EVERY_S
    reporter.undecodable("in", ValueError("not JSON"), "10.0.0.1", 7)
    assert out.getvalue().splitlines() == [
        "socket in: undecodable message from 10.0.0.1: not JSON (1 so far)",
        "socket in: undecodable message from 10.0.0.2: not JSON (6 so far)",
        "socket in: undecodable message from 10.0.0.1: not JSON (7 so far)",
    ]


def test_strangers_cannot_make_it_grow() -> None:
    reporter = Reporter(io.StringIO(), lambda: 0.0)
    for n in range(5000):
        reporter.undecodable("in", ValueError("x"), str(n), n)
    assert len(reporter._last) <= 1000


def test_undeliverable() -> None:
    out = io.StringIO()
    Reporter(out, lambda: 0.0).undeliverable("out", Peer((b"w1",)), "it is gone", 1)
    assert out.getvalue() == "socket out: message for peer w1 dropped: it is gone (1 so far)\n"
