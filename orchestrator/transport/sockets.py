"""The one place where ZeroMQ sockets are made, optioned, bound and connected. Knows no node and no codec."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import zmq

from orchestrator.errors import RunError
from orchestrator.vocabulary import OptionValue, SocketType

Socket = zmq.Socket[bytes]
Context = zmq.Context[Socket]


class UsesHandle(Protocol):
    """What calls libzmq with a socket's handle by itself, and must not once that is closed."""

    def attach(self, address: int, /) -> None: ...

    def detach(self) -> None: ...

    def meet_own_process(self) -> None:
        """Messages may come from this very process from now on (inproc)."""


class LendingSocket(Socket):
    """A `zmq.Socket` that takes its handle back from all who use it, before it is closed."""

    _users: tuple[UsesHandle, ...] = ()
    _inproc: bool = False

    def lend(self, user: UsesHandle) -> None:
        """Give `user` the handle, until the socket is closed."""
        user.attach(self.underlying)
        self._users = (*self._users, user)
        if self._inproc:
            user.meet_own_process()

    def bind(self, addr: str) -> Any:
        """See `zmq.Socket.bind`."""
        self._meet(addr)
        return super().bind(addr)

    def connect(self, addr: str) -> Any:
        """See `zmq.Socket.connect`."""
        self._meet(addr)
        return super().connect(addr)

    def _meet(self, address: object) -> None:
        if not str(address).startswith("inproc:"):
            return
        self._inproc = True
        for user in self._users:
            user.meet_own_process()

    def close(self, linger: int | None = None) -> None:
        """See `zmq.Socket.close`."""
        users, self._users = self._users, ()
        for user in users:
            user.detach()
        super().close(linger)


LINGER_MS = 10_000
"""How long a socket that is closed keeps trying to deliver. libzmq's own default is for ever, which hangs an
exit."""

RECONNECT_MS = 20
RECONNECT_MAX_MS = 200
"""First and longest pause between connection attempts. libzmq's default is 100 ms without back-off; a
restarted binder on the same machine is back sooner than that.
"""


class AddressError(RunError):
    """An address that cannot be bound or connected. `in_use`: another socket has it."""

    def __init__(self, message: str, remedy: str | None = None, *, in_use: bool = False) -> None:
        super().__init__(message, remedy)
        self.in_use = in_use


def make_context(max_sockets: int = 1023) -> Context:
    """A context with one I/O thread, which is enough for a gigabyte a second (guide ch. 2).

    `max_sockets` is libzmq's default; its table is allocated and filled at once, so a large one costs every
    process memory and time.
    """
    context = zmq.Context(io_threads=1)
    context.set(zmq.MAX_SOCKETS, max_sockets)
    return context


def make_socket(
    context: Context,
    socket_type: SocketType,
    options: Mapping[str, OptionValue] | None = None,
    subscribe: Iterable[str] = (),
) -> Socket:
    """A socket with our defaults, the user's options over them, and its subscriptions.

    Not bound, not connected.

    Raises RunError for an option that libzmq does not know or does not take.
    """
    socket = context.socket(getattr(zmq, socket_type.value), socket_class=LendingSocket)
    try:
        _set_defaults(socket, socket_type)
        for name, value in (options or {}).items():
            set_option(socket, name, value)
        for prefix in subscribe:
            _subscribe(socket, socket_type, prefix.encode())
    except BaseException:
        socket.close(0)
        raise
    return socket


def _set_defaults(socket: Socket, socket_type: SocketType) -> None:
    # All that a receiver has to send are subscriptions, which a publisher that is gone needs no more.
    socket.setsockopt(zmq.LINGER, LINGER_MS if socket_type.sends else 0)
    socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
    if socket_type is SocketType.ROUTER:
        # Without it a message to a peer that is gone disappears without a sign.
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)


def _subscribe(socket: Socket, socket_type: SocketType, prefix: bytes) -> None:
    if socket_type is SocketType.SUB:
        socket.setsockopt(zmq.SUBSCRIBE, prefix)


def set_option(socket: Socket, name: str, value: OptionValue) -> None:
    """Set a libzmq option by its lower-case name (`sndhwm`, `routing_id`). Raises RunError."""
    option = getattr(zmq.SocketOption, name.upper(), None)
    if option is None:
        raise RunError(f"libzmq has no socket option {name!r}")
    given = value.encode() if isinstance(value, str) else int(value)
    try:
        socket.setsockopt(option, given)
    except (zmq.ZMQError, TypeError, ValueError) as error:
        raise RunError(f"socket option {name}: {value!r} was refused ({error})") from error


def bind(socket: Socket, address: str) -> str:
    """Bind, and return the address the socket really has (LAST_ENDPOINT). Raises AddressError."""
    if address.startswith("ipc://") and _is_served(address.removeprefix("ipc://")):
        # libzmq would unlink the path and take it over without a word (measured: the first binder goes deaf).
        raise AddressError(f"{address} is in use", in_use=True)
    try:
        socket.bind(address)
    except zmq.ZMQError as error:
        in_use = error.errno in (errno.EADDRINUSE, zmq.EADDRINUSE)
        reason = "is in use" if in_use else f"cannot be bound: {_reason(error, address)}"
        raise AddressError(f"{address} {reason}", in_use=in_use) from error
    return last_endpoint(socket)


def last_endpoint(socket: Socket) -> str:
    """The address of the last bind, with the port the system chose."""
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    return endpoint.rstrip(b"\0").decode() if isinstance(endpoint, bytes) else ""


def connect(socket: Socket, address: str) -> None:
    """Connect. ZeroMQ does not wait: the peer may come later. Raises AddressError for what is no address."""
    try:
        socket.connect(connectable(address))
    except zmq.ZMQError as error:
        raise AddressError(f"{address} cannot be connected: {_reason(error, address)}") from error


def disconnect(socket: Socket, address: str) -> None:
    """Undo `connect`. An address that is not connected is no error."""
    try:
        socket.disconnect(connectable(address))
    except zmq.ZMQError as error:
        if error.errno != errno.ENOENT:
            raise


def connectable(address: str) -> str:
    """A bound address as a peer on this machine connects to it: the wildcard interfaces become loopback."""
    for wildcard, loopback in (("tcp://0.0.0.0:", "tcp://127.0.0.1:"), ("tcp://[::]:", "tcp://[::1]:")):
        if address.startswith(wildcard):
            return loopback + address[len(wildcard) :]
    return address


def _is_served(path: str) -> bool:
    """Whether somebody listens at a unix socket path.

    A stale file, left by a killed process, does not count.
    """
    if not path or path.startswith(("@", "*")) or not os.path.exists(path):  # noqa: PTH110 - pathlib's first use costs a process 0.1 ms
        return False
    import socket as posix_socket

    if not hasattr(posix_socket, "AF_UNIX"):
        return False
    with posix_socket.socket(posix_socket.AF_UNIX, posix_socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except BlockingIOError:
            return True  # its backlog is full: somebody is there
        except OSError:
            return False
    return True


def _reason(error: zmq.ZMQError, address: str) -> str:
    if error.errno == errno.ENODEV:
        return "no network interface has this name or address"
    if error.errno == errno.EINVAL:
        return "it is not a valid address"
    if error.errno == errno.ENOENT and address.startswith("ipc://"):
        return f"the directory of {address.removeprefix('ipc://')} does not exist"
    return str(error.strerror)
