"""The security of one instance's sockets, put on them before each bind and connect.

Costs nothing, and imports nothing, for a socket that has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zmq

from orchestrator.errors import RunError
from orchestrator.host.failures import from_error
from orchestrator.supervision.events import FailureCause
from orchestrator.transport.sockets import Socket
from orchestrator.wire.launch import ConnectTarget, SocketLaunch
from orchestrator.wire.qos import Mechanism

if TYPE_CHECKING:
    from orchestrator.transport.certificates import Pair

HANDSHAKE_MS: Final = 5_000
"""How long a handshake may take at a socket whose peers are looked at; libzmq's own limit is 30 s, in which a
stranger that says nothing holds a descriptor."""
_INPROC: Final = "inproc://"
"""Within one process there are no handshakes, and nobody to be kept out."""


def is_guarded(socket: SocketLaunch) -> bool:
    """Whether those who come to a socket that binds are looked at by the gate."""
    limits = socket.qos.limits
    limited = limits.connections is not None or limits.handshakes_per_second is not None
    return bool(socket.binds) and (socket.security is not None or limited)


class Guarding:
    """Belongs to the thread of the sockets."""

    def __init__(self, instance: str) -> None:
        self._instance = instance

    def domain(self, socket: str) -> str:
        """The ZAP domain of a socket."""
        return f"{self._instance}.{socket}"

    def prepare(self, socket: SocketLaunch, raw: Socket) -> None:
        """What holds for all links of a socket. The user's own options stay as they are."""
        size = socket.qos.limits.message_size
        if size is not None and "maxmsgsize" not in socket.options:
            raw.setsockopt(zmq.MAXMSGSIZE, size)
        if is_guarded(socket) and "handshake_ivl" not in socket.options:
            raw.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)

    def before_bind(self, socket: SocketLaunch, raw: Socket, address: str, pair: Pair | None = None) -> None:
        """Raises Failure for keys that cannot be used."""
        if not is_guarded(socket) or address.startswith(_INPROC):
            return
        from orchestrator.transport import security

        try:
            security.refuse_plain_in_the_open(socket.security, (address,))
            security.guard_server(raw, socket.security, self.domain(socket.name), pair)
        except RunError as error:
            raise _failure(socket, error) from error

    def before_connect(
        self,
        socket: SocketLaunch,
        raw: Socket,
        target: ConnectTarget,
        address: str,
        server_key: str | None = None,
    ) -> None:
        """Raises Failure for keys that cannot be used."""
        if address.startswith(_INPROC) or (socket.security is None and not is_guarded(socket)):
            return
        from orchestrator.transport import security
        from orchestrator.transport.keyring import public_key

        said = socket.security
        try:
            security.refuse_plain_in_the_open(said, (address,))
            if server_key is None:
                server_key = ""
                if said is not None and said.mechanism is Mechanism.CURVE:
                    server_key = public_key(said.keys, security.server_of(said, target.instance)).public
            security.guard_client(raw, said, server_key)
        except RunError as error:
            raise _failure(socket, error) from error


def _failure(socket: SocketLaunch, error: RunError) -> Exception:
    named = RunError(f"socket {socket.name!r}: {error.message}", error.remedy)
    return from_error(FailureCause.SETUP, named, permanent=True)
