"""Counting peers from a socket's monitor events."""

from __future__ import annotations

import pytest
import zmq

from orchestrator.host.peers import PeerCount

UP, DOWN = zmq.EVENT_HANDSHAKE_SUCCEEDED, zmq.EVENT_DISCONNECTED
IN, OUT = zmq.EVENT_ACCEPTED, zmq.EVENT_CONNECTED


class _NoSocket:
    def get_monitor_socket(self, events: int) -> None:
        assert events == IN | OUT | UP | DOWN


@pytest.mark.parametrize(
    ("events", "enough"),
    [
        ([IN, UP, IN, UP], True),
        ([IN, UP, OUT, UP], True),
        ([IN, UP], False),
        ([IN, UP, IN, DOWN, IN, DOWN, IN, UP], True),  # a wrong type keeps knocking
        ([IN, UP, IN, UP, DOWN], False),
        ([IN, UP, IN, UP, IN, DOWN], True),
        ([IN, UP, IN, UP, IN, DOWN, DOWN], False),
        ([DOWN, DOWN, IN, UP, IN, UP], True),
    ],
)
def test_only_handshakes_count(events, enough):
    count = PeerCount(_NoSocket(), 2)
    for event in events:
        count.note(event)
    assert count.enough is enough
