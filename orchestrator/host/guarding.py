"""The security of one instance's sockets, put on them before each bind and connect.

Costs nothing, and imports nothing, for a socket that has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import zmq

from orchestrator.errors import RunError
from orchestrator.host.failures import from_error
from orchestrator.host.saying import say
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


def is_rekeyed(socket: SocketLaunch) -> bool:
    """Whether a socket has keys that may change."""
    return socket.security is not None and socket.security.mechanism is Mechanism.CURVE


@dataclass(frozen=True, slots=True)
class Keys:
    """What a link was made with: public keys of CURVE."""

    own: str
    server: str
    address: str

    @property
    def pair(self) -> tuple[str, str]:
        return self.own, self.server


class Guarding:
    """Belongs to the thread of the sockets; others may copy `used` and `listening`."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self.used: dict[tuple[str, ConnectTarget], Keys] = {}
        """(socket, target) -> the keys of its `connect`."""
        self.listening: dict[tuple[str, str], tuple[str, ...]] = {}
        """(socket, bound address) -> the public keys by which newcomers are let in there."""
        self.order: dict[tuple[str, str], tuple[str, ...]] = {}
        """The same, of all listeners there ever were, in their order."""

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

    def before_bind(self, socket: SocketLaunch, raw: Socket, address: str, pair: Pair | None = None) -> str:
        """Returns the public key that the next bind stands for, if it has one. `pair`: not the present one.

        Raises Failure for keys that cannot be used.
        """
        if not is_guarded(socket) or address.startswith(_INPROC):
            return ""
        from orchestrator.transport import security
        from orchestrator.transport.keyring import own_pair

        said = socket.security
        try:
            security.refuse_plain_in_the_open(said, (address,))
            if pair is None and said is not None and said.mechanism is Mechanism.CURVE:
                pair = own_pair(said.keys, said.name)
            security.guard_server(raw, said, self.domain(socket.name), pair)
        except RunError as error:
            raise _failure(socket, error) from error
        return "" if pair is None else pair.public

    def bound(self, socket: str, address: str, public: str) -> None:
        """It has been bound, with this key."""
        key = (socket, address)
        self.listening[key] = (*self.listening.get(key, ()), public)
        self.order[key] = (*self.order.get(key, ()), public)

    def serve_as_before(self, socket: SocketLaunch, raw: Socket, address: str) -> None:
        """Of a process that starts: let those in as well who know the keys before the present one."""
        from orchestrator.transport.keyring import earlier_pairs
        from orchestrator.transport.twin import open_twin

        assert socket.security is not None
        try:
            pairs = earlier_pairs(socket.security.keys, socket.security.name)
        except RunError as error:
            say(f"{socket.name}: who knows the key before cannot come in: {error.message}")
            return
        for pair in pairs:
            self.before_bind(socket, raw, address, pair)
            if not open_twin(raw, address):
                return
            self.bound(socket.name, address, pair.public)

    def before_connect(
        self,
        socket: SocketLaunch,
        raw: Socket,
        target: ConnectTarget,
        address: str,
        server_key: str = "",
    ) -> None:
        """`server_key`: not the present one of the server. Raises Failure for keys that cannot be used."""
        if address.startswith(_INPROC) or (socket.security is None and not is_guarded(socket)):
            return
        from orchestrator.transport import security
        from orchestrator.transport.keyring import own_pair, public_key

        said, pair = socket.security, None
        try:
            security.refuse_plain_in_the_open(said, (address,))
            if said is not None and said.mechanism is Mechanism.CURVE:
                pair = own_pair(said.keys, said.name)
                if not server_key:
                    server = security.server_of(said, target.instance, address)
                    server_key = public_key(said.keys, server).public
                self.used[socket.name, target] = Keys(pair.public, server_key, address)
            security.guard_client(raw, said, server_key, pair)
        except RunError as error:
            raise _failure(socket, error) from error

    def left(self, socket: str, address: str) -> None:
        """It is not connected there any more."""
        for link in [
            link for link, keys in self.used.items() if link[0] == socket and keys.address == address
        ]:
            del self.used[link]


def _failure(socket: SocketLaunch, error: RunError) -> Exception:
    named = RunError(f"socket {socket.name!r}: {error.message}", error.remedy)
    return from_error(FailureCause.SETUP, named, permanent=True)
