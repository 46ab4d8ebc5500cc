"""The compatibility matrix of RFC 37."""

from __future__ import annotations

from itertools import product

import pytest

from orchestrator.transport.compatibility import MUTE, PATTERN_OF, PEERS, compatible, flow, mutual_lock
from orchestrator.vocabulary import SocketType

PAIRS = {
    "PAIR PAIR",
    "PUB SUB",
    "PUB XSUB",
    "XPUB SUB",
    "XPUB XSUB",
    "PUSH PULL",
    "REQ REP",
    "REQ ROUTER",
    "REP DEALER",
    "DEALER DEALER",
    "DEALER ROUTER",
    "ROUTER ROUTER",
}
"""All pairs that libzmq's `check_socket_type` lets pass, each once."""


@pytest.mark.parametrize(("one", "other"), list(product(SocketType, SocketType)))
def test_every_cell_of_the_matrix(one: SocketType, other: SocketType) -> None:
    listed = f"{one} {other}" in PAIRS or f"{other} {one}" in PAIRS
    assert compatible(one, other) is listed


def test_tables_know_every_type() -> None:
    assert set(PEERS) == set(MUTE) == set(PATTERN_OF) == set(SocketType)


@pytest.mark.parametrize(
    ("one", "other"), [(a, b) for a, b in product(SocketType, SocketType) if compatible(a, b)]
)
def test_something_flows_between_types_that_fit(one: SocketType, other: SocketType) -> None:
    way = flow(one, other)
    assert way.forth or way.back
    assert flow(other, one).forth is way.back
    assert mutual_lock(one, other) is None


def test_direction() -> None:
    assert flow(SocketType.PUSH, SocketType.PULL).forth
    assert not flow(SocketType.PUSH, SocketType.PULL).back
    assert flow(SocketType.REQ, SocketType.REP).back
    assert mutual_lock(SocketType.PUB, SocketType.PUSH) == "both only send"
    assert mutual_lock(SocketType.PULL, SocketType.SUB) == "both only receive"
