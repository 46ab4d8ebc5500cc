"""What is put on a socket, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from orchestrator.transport.certificates import new_pair, write_pair
from orchestrator.transport.security import (
    OUTGOING,
    SecurityError,
    guard_client,
    guard_server,
    refuse_plain_in_the_open,
    server_of,
)
from orchestrator.wire.qos import Mechanism, Security


@pytest.fixture
def raw() -> Iterator[zmq.Socket[bytes]]:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        yield socket


def curve(keys: Path, **changes: object) -> Security:
    return Security(mechanism=Mechanism.CURVE, keys=str(keys), name="own", **changes)  # type: ignore[arg-type]


def test_one_socket_may_be_server_and_client(raw: zmq.Socket[bytes], tmp_path: Path) -> None:
    write_pair(str(tmp_path), "own", new_pair({}))
    guard_server(raw, curve(tmp_path), "own.in")
    assert raw.getsockopt(zmq.CURVE_SERVER) == 1
    assert raw.getsockopt(zmq.ZAP_DOMAIN).rstrip(b"\0") == b"own.in"
    server = new_pair({}).public
    guard_client(raw, curve(tmp_path), server)
    assert raw.getsockopt(zmq.CURVE_SERVER) == 0
    assert raw.getsockopt(zmq.MECHANISM) == zmq.CURVE
    assert raw.getsockopt(zmq.ZAP_DOMAIN).rstrip(b"\0") == OUTGOING.encode()
    guard_server(raw, None, "own.in")
    assert raw.getsockopt(zmq.MECHANISM) == zmq.NULL


def test_plain(raw: zmq.Socket[bytes], tmp_path: Path) -> None:
    (tmp_path / "users").write_text("own:secret\n")
    (tmp_path / "users").chmod(0o600)
    plain = Security(mechanism=Mechanism.PLAIN, keys=str(tmp_path / "users"), name="own")
    guard_client(raw, plain, "")
    assert raw.getsockopt(zmq.PLAIN_PASSWORD).rstrip(b"\0") == b"secret"
    guard_server(raw, plain, "own.in")
    assert raw.getsockopt(zmq.PLAIN_SERVER) == 1


@pytest.mark.parametrize(
    ("instance", "names", "found"),
    [
        ("sink", ("sink", "other"), "sink"),
        ("sink-0", ("sink", "other"), "sink"),
        ("sink-0", ("sink", "sink-0"), "sink-0"),
        (None, ("exchange",), "exchange"),
        ("elsewhere", ("exchange",), "exchange"),
    ],
)
def test_the_server_behind_an_instance(
    tmp_path: Path, instance: str | None, names: tuple[str, ...], found: str
) -> None:
    assert server_of(curve(tmp_path, server_names=names), instance, "tcp://10.0.0.5:1") == found


@pytest.mark.parametrize("names", [(), ("a", "b")])
def test_a_server_that_is_not_certain(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(SecurityError, match="is not certain"):
        server_of(curve(tmp_path, server_names=names), None, "tcp://10.0.0.5:1")


def test_passwords_do_not_leave_the_machine_unencrypted() -> None:
    plain = Security(mechanism=Mechanism.PLAIN, keys="/users", name="own")
    refuse_plain_in_the_open(plain, ("tcp://127.0.0.1:5555", "ipc:///x", "tcp://localhost:*"))
    for address in ("tcp://*:5555", "tcp://10.0.0.5:1", "tcp://0.0.0.0:*", "tcp://example.org:1"):
        with pytest.raises(SecurityError, match="unencrypted") as caught:
            refuse_plain_in_the_open(plain, ("ipc:///x", address))
        assert "security: curve" in (caught.value.remedy or "")
    told = Security(mechanism=Mechanism.PLAIN, keys="/users", name="own", unencrypted=True)
    refuse_plain_in_the_open(told, ("tcp://10.0.0.5:1",))


def test_the_server_at_an_address(tmp_path: Path) -> None:
    at = (("tcp://10.0.0.5:1", "first"), ("tcp://0.0.0.0:2", "second"))
    two = curve(tmp_path, server_names=("first", "second"), server_at=at)
    assert server_of(two, None, "tcp://10.0.0.5:1") == "first"
    assert server_of(two, None, "tcp://127.0.0.1:2") == "second"
    with pytest.raises(SecurityError):
        server_of(two, None, "tcp://10.0.0.5:3")
