"""Ports of tests: free, below those of outgoing connections, and never given twice."""

from __future__ import annotations

import socket
import sys

import pytest

from orchestrator.testing.ports import Ports, _first_outgoing

pytestmark = pytest.mark.integration


@pytest.fixture
def ports():
    found = Ports()
    yield found
    found.close()


def test_each_is_another_and_free(ports):
    given = [ports.pick() for _ in range(20)]
    assert len(set(given)) == 20
    assert max(given) < _first_outgoing()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", given[0]))


@pytest.mark.skipif(sys.platform != "linux", reason="abstract unix sockets are Linux'")
def test_two_tests_never_get_the_same_while_both_run(ports):
    other = Ports()
    other._random.seed(7)
    ports._random.seed(7)
    first = ports.pick()
    assert other.pick() != first
    ports.close()
    third = Ports()
    third._random.seed(7)
    assert third.pick() == first
    third.close()
    other.close()


def test_one_that_is_listened_on_is_passed_over(ports):
    ports._random.seed(7)
    other = Ports()
    other._random.seed(7)
    port = other.pick()
    other.close()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert ports.pick() != port
