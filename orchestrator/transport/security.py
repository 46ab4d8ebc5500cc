"""Puts the security of a link on a raw socket, right before the `bind` or `connect` that makes the link.

libzmq copies a socket's options whenever it is bound or connected: what is set here holds for the next call
and for every connection that comes of it, also for those that are made again later. So one socket may be a
server at one address and a client of several servers, each with a key of its own.

Secret keys are read from their files when they are needed, and kept by nobody but libzmq.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import zmq

from orchestrator.errors import RunError
from orchestrator.transport.certificates import Pair, refuse_planted
from orchestrator.transport.endpoint import HostKind, ParsedEndpoint, Transport, parse_endpoint
from orchestrator.transport.keyring import own_pair
from orchestrator.transport.sockets import Socket, connectable
from orchestrator.transport.users import own_password, read_users
from orchestrator.wire.qos import Mechanism, Security

OUTGOING: Final = "-"
"""The ZAP domain of connections that a socket makes which others may come to as well. With NULL libzmq asks
about them too."""


class SecurityError(RunError):
    """A link that cannot be secured as the topology says."""


def guard_server(socket: Socket, security: Security | None, domain: str, pair: Pair | None = None) -> None:
    """The next `bind` is a server of the mechanism, and asks the ZAP handler under `domain` about each peer.

    `security` None: the NULL mechanism, with the handler's limits. `pair`: another one than the node's
    present one. Raises RunError for keys and users that cannot be used.
    """
    _blank(socket)
    socket.setsockopt(zmq.ZAP_DOMAIN, domain.encode())
    if security is None:
        return
    if security.mechanism is Mechanism.CURVE:
        refuse_planted(security.keys)
        pair = pair or own_pair(security.keys, security.name)
        _curve_or_raise()
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, pair.secret.encode())
    elif security.mechanism is Mechanism.PLAIN:
        read_users(security.keys)
        socket.setsockopt(zmq.PLAIN_SERVER, 1)


def guard_client(socket: Socket, security: Security | None, server: str, pair: Pair | None = None) -> None:
    """The next `connect` is a client's, of the server with this public key (CURVE).

    Raises RunError for keys and users that cannot be used.
    """
    _blank(socket)
    if security is None:
        return
    if security.mechanism is Mechanism.CURVE:
        pair = pair or own_pair(security.keys, security.name)
        _curve_or_raise()
        socket.setsockopt(zmq.CURVE_SERVERKEY, server.encode())
        socket.setsockopt(zmq.CURVE_PUBLICKEY, pair.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, pair.secret.encode())
    elif security.mechanism is Mechanism.PLAIN:
        password = own_password(security.keys, security.name)
        socket.setsockopt(zmq.PLAIN_USERNAME, security.name.encode())
        socket.setsockopt(zmq.PLAIN_PASSWORD, password.encode())


def _blank(socket: Socket) -> None:
    """Forget what was set for another address: the NULL mechanism."""
    socket.setsockopt(zmq.PLAIN_SERVER, 0)
    domain = socket.getsockopt(zmq.ZAP_DOMAIN)
    if isinstance(domain, bytes) and domain.rstrip(b"\0"):  # libzmq does not take it back
        socket.setsockopt(zmq.ZAP_DOMAIN, OUTGOING.encode())


def _curve_or_raise() -> None:
    if not zmq.has("curve"):
        raise SecurityError("this libzmq has no CURVE", "install pyzmq's own wheel, which has it")


def server_of(security: Security, instance: str | None, address: str) -> str:
    """The name under which the key of the server is kept that an instance is, or that is at an address.

    Raises SecurityError where that is not certain.
    """
    names = security.server_names
    if instance is not None:
        node, _, replica = instance.rpartition("-")
        if instance in names:
            return instance
        if replica.isdigit() and node in names:
            return node
    there = {name for known, name in security.server_at if connectable(known) == connectable(address)}
    if len(there) == 1:
        return there.pop()
    if len(names) == 1:
        return names[0]
    known = ", ".join(names) or "none"
    raise SecurityError(
        f"whose key the server at {address} has is not certain (servers: {known})",
        "name it as NODE.SOCKET or as an endpoint, or give each server a socket of its own",
    )


def refuse_plain_in_the_open(security: Security | None, addresses: Sequence[str]) -> None:
    """PLAIN sends passwords unencrypted: raise SecurityError for an address that others may listen at."""
    if security is None or security.mechanism is not Mechanism.PLAIN or security.unencrypted:
        return
    for address in addresses:
        parsed = parse_endpoint(address)
        if (
            isinstance(parsed, ParsedEndpoint)
            and parsed.transport is Transport.TCP
            and parsed.host_kind is not HostKind.LOOPBACK
        ):
            raise SecurityError(
                f"PLAIN sends the password unencrypted, and {address} leaves this machine",
                "use `security: curve`; where the network is trusted, add `unencrypted: true` to `security`",
            )
