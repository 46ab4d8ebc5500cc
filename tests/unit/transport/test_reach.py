"""Which binds take each other's place, and which connects reach them."""

from __future__ import annotations

import pytest

from orchestrator.transport.endpoint import ParsedEndpoint, parse_endpoint
from orchestrator.transport.reach import Reach, overlap, reach


def at(text: str) -> ParsedEndpoint:
    parsed = parse_endpoint(text)
    assert isinstance(parsed, ParsedEndpoint)
    return parsed


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("tcp://127.0.0.1:5", "tcp://127.0.0.1:5", True),
        ("tcp://*:5", "tcp://127.0.0.1:5", True),
        ("tcp://10.0.0.1:5", "tcp://0.0.0.0:5", True),
        ("tcp://localhost:5", "tcp://127.0.0.1:5", True),
        ("tcp://[::]:5", "tcp://*:5", True),
        ("tcp://10.0.0.1:5", "tcp://10.0.0.2:5", False),
        ("tcp://*:5", "tcp://*:6", False),
        ("tcp://*:*", "tcp://*:*", False),
        ("ipc:///tmp/x", "ipc:///tmp/x", True),
        ("ipc:///tmp/x", "ipc:///tmp/y", False),
        ("ipc://*", "ipc://*", False),
        ("inproc://x", "inproc://x", True),
        ("inproc://x", "ipc://x", False),
    ],
)
def test_overlap_is_symmetric(one: str, other: str, expected: bool) -> None:
    assert overlap(at(one), at(other)) is expected
    assert overlap(at(other), at(one)) is expected


@pytest.mark.parametrize(
    ("connect", "bind", "expected"),
    [
        ("tcp://localhost:5", "tcp://127.0.0.1:5", Reach.YES),
        ("tcp://127.0.0.1:5", "tcp://localhost:5", Reach.YES),
        ("tcp://0.0.0.0:5", "tcp://127.0.0.1:5", Reach.YES),
        ("tcp://10.0.0.9:5", "tcp://*:5", Reach.YES),
        ("tcp://db.example.org:5", "tcp://*:5", Reach.YES),
        ("tcp://db.example.org:5", "tcp://10.0.0.9:5", Reach.PERHAPS),
        ("tcp://10.0.0.9:5", "tcp://eth0:5", Reach.PERHAPS),
        ("tcp://10.0.0.9:5", "tcp://10.0.0.8:5", Reach.NO),
        ("tcp://10.0.0.9:5", "tcp://127.0.0.1:5", Reach.NO),
        ("tcp://localhost:5", "tcp://10.0.0.8:5", Reach.NO),
        ("tcp://127.0.0.1:5", "tcp://127.0.0.2:5", Reach.NO),
        ("tcp://localhost:5", "tcp://localhost:6", Reach.NO),
        ("ipc:///tmp/x", "ipc:///tmp/x", Reach.YES),
        ("inproc://x", "tcp://*:5", Reach.NO),
    ],
)
def test_reach(connect: str, bind: str, expected: Reach) -> None:
    assert reach(at(connect), at(bind)) is expected
