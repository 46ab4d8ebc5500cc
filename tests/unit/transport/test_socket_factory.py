"""Sockets as the factory makes them: options, addresses, and the errors in between. No message is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.errors import RunError
from orchestrator.transport import sockets as transport
from orchestrator.vocabulary import SocketType


@pytest.fixture
def context() -> Iterator[transport.Context]:
    made = transport.make_context()
    yield made
    made.destroy(linger=0)


@pytest.mark.parametrize("kind", SocketType)
def test_every_type_can_be_made_and_lingers_within_bounds(
    context: transport.Context, kind: SocketType
) -> None:
    made = transport.make_socket(context, kind)
    assert made.getsockopt(zmq.TYPE) == getattr(zmq, kind.value)
    linger = int(made.getsockopt(zmq.LINGER))
    assert 0 < linger <= 10_000 if kind.sends else linger == 0, "a receiver owes nobody anything"


def test_options_by_lower_case_name(context: transport.Context) -> None:
    options = {"sndhwm": 5, "linger": 0, "immediate": True, "routing_id": "w1", "rcvtimeo": 250.0}
    made = transport.make_socket(context, SocketType.DEALER, options)
    got = [made.getsockopt(o) for o in (zmq.SNDHWM, zmq.LINGER, zmq.IMMEDIATE, zmq.ROUTING_ID, zmq.RCVTIMEO)]
    assert got == [5, 0, 1, b"w1", 250]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sndhmw": 5}, "libzmq has no socket option 'sndhmw'"),
        ({"sndhwm": "many"}, "socket option sndhwm: 'many' was refused"),
        ({"sndhwm": -5}, "socket option sndhwm: -5 was refused"),
    ],
)
def test_options_that_are_refused(
    context: transport.Context, options: dict[str, int | str], text: str
) -> None:
    with pytest.raises(RunError) as caught:
        transport.make_socket(context, SocketType.PUSH, options)
    assert caught.value.message.startswith(text)


def test_a_wildcard_port_becomes_a_real_one(context: transport.Context) -> None:
    made = transport.make_socket(context, SocketType.PULL)
    address = transport.bind(made, "tcp://127.0.0.1:*")
    assert address.startswith("tcp://127.0.0.1:")
    assert int(address.rpartition(":")[2]) > 0


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("tcp://no-such-interface-0:5555", "cannot be bound: no network interface has this name or address"),
        ("tcp://127.0.0.1", "cannot be bound: it is not a valid address"),
        ("ipc:///no/such/dir/x", "cannot be bound: the directory of /no/such/dir/x does not exist"),
        ("bogus://x", "cannot be bound: "),
    ],
)
def test_addresses_that_cannot_be_bound(context: transport.Context, address: str, text: str) -> None:
    with pytest.raises(transport.AddressError) as caught:
        transport.bind(transport.make_socket(context, SocketType.PULL), address)
    assert text in caught.value.message
    assert not caught.value.in_use


@pytest.mark.parametrize("scheme", ["ipc", "tcp", "inproc"])
def test_an_address_in_use(context: transport.Context, tmp_path: Path, scheme: str) -> None:
    wanted = {"ipc": f"ipc://{tmp_path}/x", "tcp": "tcp://127.0.0.1:*", "inproc": "inproc://x"}[scheme]
    holder = transport.make_socket(context, SocketType.PULL)
    taken = transport.bind(holder, wanted)
    with pytest.raises(transport.AddressError) as caught:
        transport.bind(transport.make_socket(context, SocketType.PULL), taken)
    assert caught.value.in_use


def test_wildcard_interfaces_are_connected_by_loopback() -> None:
    assert transport.connectable("tcp://0.0.0.0:5555") == "tcp://127.0.0.1:5555"
    assert transport.connectable("tcp://[::]:5555") == "tcp://[::1]:5555"
    assert transport.connectable("ipc:///tmp/x") == "ipc:///tmp/x"


def test_disconnecting_what_is_not_connected(context: transport.Context) -> None:
    transport.disconnect(transport.make_socket(context, SocketType.PUSH), "tcp://127.0.0.1:5555")
