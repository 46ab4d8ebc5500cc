"""What the supervisor asks, as it is read: entries of another shape are passed over."""

from __future__ import annotations

import math
from typing import Any

import pytest

from orchestrator.host.orders import (
    Hold,
    Tap,
    read_drain,
    read_hold,
    read_release,
    read_tap,
    read_targets,
)
from orchestrator.wire.launch import ConnectTarget

FIXED = ConnectTarget(address="tcp://x:1")
LATE = ConnectTarget(address=None, instance="b", socket="in", index=1)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (None, {}),
        (3, {}),
        ([["a", "out", [["tcp://x:1", None, None, 0], [None, "b", "in", 1]]]], {("a", "out"): (FIXED, LATE)}),
        ([["a", "out", []]], {("a", "out"): ()}),
        ([["a", "out", [["tcp://x:1", None, None, 0], "?"]], ["a"], 7], {}),
    ],
)
def test_targets(targets: Any, expected: object) -> None:
    assert read_targets({"targets": targets}) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, None),
        ({"hold": 1}, None),
        ({"hold": 1, "seconds": 2}, Hold(1, (), 2.0)),
        (
            {"hold": 1, "seconds": 0.5, "sockets": [["a", "b"], ["a"], 3, [1, 2]]},
            Hold(1, (("a", "b"),), 0.5),
        ),
    ],
)
def test_holds(body: dict[str, Any], expected: object) -> None:
    assert read_hold(body) == expected


def test_releases() -> None:
    assert (read_release({"hold": 3}), read_release({}), read_release({"hold": "3"})) == (3, None, None)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reason": "x"}, None),
        ({"drain": False, "seconds": 3}, None),
        ({"drain": True, "seconds": 3}, 3.0),
        ({"drain": True, "seconds": "3"}, math.inf),
        ({"drain": True}, math.inf),
    ],
)
def test_drains(body: dict[str, Any], expected: object) -> None:
    assert read_drain(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"tap": 3, "sockets": [["a", "in"], ["a"], 7], "address": "ipc:///x", "seconds": 10},
            Tap(3, (("a", "in"),), "ipc:///x", 10.0),
        ),
        ({"tap": 3, "address": "ipc:///x", "seconds": 0}, Tap(3, (), "ipc:///x", 0.0)),
        ({"tap": "3", "address": "ipc:///x", "seconds": 0}, None),
        ({"tap": 3, "seconds": 0}, None),
        ({}, None),
    ],
)
def test_taps(body: dict[str, Any], expected: object) -> None:
    assert read_tap(body) == expected
