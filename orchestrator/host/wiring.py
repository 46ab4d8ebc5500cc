"""One instance's ZeroMQ sockets: made, bound, connected, and connected anew when a binder has moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import zmq

from orchestrator.errors import RunError
from orchestrator.host.failures import Failure, from_error
from orchestrator.host.fitting import fit, raw_options
from orchestrator.host.guarding import Guarding
from orchestrator.host.tail import Tails
from orchestrator.host.watch import SocketWatch
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.sdk.reports.reporting import Reporter
from orchestrator.sdk.sockets import Sockets
from orchestrator.supervision.events import FailureCause
from orchestrator.transport import sockets as transport
from orchestrator.transport.holders import holder
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Failover, type_beneath

if TYPE_CHECKING:
    from orchestrator.host.gate import Gate

_ONLY_SEND = (SocketType.PUSH, SocketType.PUB)

Addresses = Mapping[tuple[str, str], tuple[str, ...]]
Targets = Mapping[str, tuple[ConnectTarget, ...]]
"""socket -> where it connects to."""


class Wiring:
    """The sockets of one instance.

    Belongs to the thread that runs the instance (made on the main thread before).
    """

    def __init__(self, launch: InstanceLaunch, context: transport.Context, gate: Gate | None = None) -> None:
        self._launch = launch
        self.raw = {s.name: _make(context, s) for s in launch.sockets}
        self.guarding = Guarding(launch.instance)
        for socket in launch.sockets:
            self.guarding.prepare(socket, self.raw[socket.name])
        self.watches = {
            name: SocketWatch(context, raw, f"{launch.instance}.{name}")
            for name, raw in self.raw.items()
            if name in launch.peers_needed or _leaves_the_process(launch, name)
        }
        if gate is not None:
            for name, watch in self.watches.items():
                gate.watch(self.guarding.domain(name), watch)
        self._types = {s.name: s.type for s in launch.sockets}
        self._bound: list[str] = []
        self._targets = {s.name: s.connects for s in launch.sockets}
        self._connected: dict[tuple[str, ConnectTarget], str] = {}
        self._left: list[str] = []
        """Where it was connected before; what is on its way there still has to arrive."""
        self.leaving: list[tuple[str, str]] = []
        """(socket, address) pairs that are left as soon as everything has been read: leaving throws away what
        came from there and is still in the queue."""
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        self._asked = {s.name: 0 for s in launch.sockets if s.qos.failover is Failover.SEQUENTIAL}
        """Which of its targets a socket is connected to, of those that have one at a time."""
        self.on_aim: dict[str, Callable[[int, int], None]] = {}
        """socket -> who is told how many servers there are from now on, and which one is asked."""

    def bind(self) -> dict[str, list[str]]:
        """Bind everything; the addresses each socket really has. Raises Failure (cause bind)."""
        bound: dict[str, list[str]] = {}
        for socket in self._launch.sockets:
            for address in socket.binds:
                bound.setdefault(socket.name, []).append(self._bind(socket, address))
        return bound

    def _bind(self, socket: SocketLaunch, address: str) -> str:
        public = self.guarding.before_bind(socket, self.raw[socket.name], address)
        try:
            real = transport.bind(self.raw[socket.name], address)
        except transport.AddressError as error:
            who = holder(address) if error.in_use else None
            if error.in_use:
                by = f" by {who}" if who else ""
                error = transport.AddressError(
                    f"socket {socket.name!r}: {address} is in use{by}",
                    "end the other program, or give the socket another address",
                    in_use=True,
                )
            raise from_error(FailureCause.BIND, error, permanent=False) from error
        self._bound.append(real)
        if public:
            self.guarding.bound(socket.name, real, public)
            self.guarding.serve_as_before(socket, self.raw[socket.name], real)
        return real

    def connect(self, addresses: Addresses) -> None:
        """Connect what can be connected with the addresses known by now; reconnect what has moved.

        Raises Failure for an address that libzmq refuses.
        """
        self._known.update(addresses)
        for socket in self._launch.sockets:
            for position, target in enumerate(self._targets[socket.name]):
                address = self._resolve(target)
                old = self._connected.get((socket.name, target))
                if address is None or address == old:
                    continue
                if self._asked.get(socket.name, position) != position:
                    self._stand_by(socket.name, old, address)
                elif old is None and (socket.name, address) in self.leaving:
                    self.leaving.remove((socket.name, address))
                else:
                    self._move(socket, old, address, target)
                self._connected[socket.name, target] = address

    def aim(self, targets: Targets) -> None:
        """Give sockets other targets. They leave those that are not among them; `connect` brings them to the
        new ones."""
        for name, new in targets.items():
            if name not in self.raw:
                continue
            before, self._targets[name] = self._targets[name], new
            for key in [key for key in self._connected if key[0] == name and key[1] not in new]:
                address = self._connected.pop(key)
                self._left.append(address)
                if not any(n == name and a == address for (n, _), a in self._connected.items()):
                    self.leaving.append((name, address))
            if name in self._asked:
                self._ask_among(name, before, new)
        self.tidy()

    def _ask_among(
        self, name: str, before: tuple[ConnectTarget, ...], new: tuple[ConnectTarget, ...]
    ) -> None:
        """The server that is asked stays, if it is among the new ones; else it is the first of them."""
        asked = before[self._asked[name]] if before else None
        self._asked[name] = position = new.index(asked) if asked in new else 0
        if asked not in new and new:
            self._connected.pop((name, new[0]), None)  # it stood by: `connect` connects it
        if name in self.on_aim:
            self.on_aim[name](len(new), position)

    def switch(self, name: str, index: int) -> None:
        """Leave the server that a socket asks, for another one of its targets (`failover: sequential`)."""
        targets, before = self._targets[name], self._asked[name]
        if index == before or index >= len(targets):
            return
        self._asked[name] = index
        left = self._connected.get((name, targets[before]))
        if left is not None:
            self._leave(name, left)
            self._stand_by(name, None, left)
        address = self._connected.get((name, targets[index]))
        if address is not None:
            socket = next(s for s in self._launch.sockets if s.name == name)
            self._move(socket, None, address, targets[index])

    def _stand_by(self, name: str, old: str | None, address: str) -> None:
        watch = self.watches.get(name)
        if watch is not None:
            if old is not None:
                watch.forget(transport.connectable(old))
            watch.stand_by(transport.connectable(address))

    def tidy(self) -> None:
        """Leave what is to be left, as far as that can be done without a loss."""
        unread = []
        for name, address in self.leaving:
            raw = self.raw[name]
            if self._types[name] not in _ONLY_SEND and int(raw.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
                unread.append((name, address))
            else:
                self._leave(name, address)
        self.leaving = unread

    def _leave(self, name: str, address: str) -> None:
        transport.disconnect(self.raw[name], address)
        self.guarding.left(name, address)
        watch = self.watches.get(name)
        if watch is not None:
            watch.forget(transport.connectable(address))

    def _move(self, socket: SocketLaunch, old: str | None, new: str, target: ConnectTarget) -> None:
        raw, watch = self.raw[socket.name], self.watches.get(socket.name)
        self.guarding.before_connect(socket, raw, target, new)
        try:
            if old is not None:
                self._leave(socket.name, old)
            if watch is not None:
                if socket.name in self._asked:
                    watch.forget(transport.connectable(new))  # it stood by
                watch.expect(transport.connectable(new))
            transport.connect(raw, new)
        except transport.AddressError as error:
            named = transport.AddressError(f"socket {socket.name!r}: {error.message}", error.remedy)
            raise from_error(FailureCause.BIND, named, permanent=True) from error
        if socket.type is SocketType.XSUB and old is None:
            for prefix in socket.subscribe or ():
                raw.send(b"\1" + prefix.encode())

    def connected(self, name: str, target: ConnectTarget) -> str | None:
        """Where a socket is connected for one of its targets."""
        return self._connected.get((name, target))

    def socket(self, name: str) -> SocketLaunch:
        """What is known about a socket."""
        return next(socket for socket in self._launch.sockets if socket.name == name)

    def renew(self, name: str, target: ConnectTarget, address: str, server_key: str) -> None:
        """Leave an address for a new connection to it, made with this key of the server's, and the node's
        present pair. Raises Failure, and has left nothing, for keys that cannot be used."""
        socket, raw = self.socket(name), self.raw[name]
        self.guarding.before_connect(socket, raw, target, address, server_key)
        used = self.guarding.used[name, target]
        self._leave(name, address)
        self.guarding.used[name, target] = used
        watch = self.watches.get(name)
        if watch is not None:
            watch.expect(transport.connectable(address))
        transport.connect(raw, address)

    def _resolve(self, target: ConnectTarget) -> str | None:
        if target.instance is not None and target.socket is not None:
            known = self._known.get((target.instance, target.socket), ())
            if target.index < len(known):
                return known[target.index]
        return target.address

    @property
    def complete(self) -> bool:
        """Whether every `connect` has an address."""
        return all((name, t) in self._connected for name, targets in self._targets.items() for t in targets)

    @property
    def uses_tcp(self) -> bool:
        """Whether any of the sockets is bound or connected over TCP. May be asked by any thread."""
        return any(a.startswith("tcp://") for a in (*self._bound, *self._connected.copy().values()))

    def sockets(self, control: NodeControl, directory: str, *, again: bool = False) -> Sockets:
        """The sockets as the node's author sees them; `again`: not for the first time.

        Raises Failure when a codec cannot be set up.
        """
        reporter = Reporter()
        made = [
            fit(
                socket,
                self.raw[socket.name],
                instance=self._launch.instance,
                directory=directory,
                control=control,
                reporter=reporter,
                peers=self._peers_of(socket),
                again=again,
            )
            for socket in self._launch.sockets
        ]
        for socket in made:
            if socket.name in self._asked and socket.asking is not None:
                socket.asking.on_switch = partial(self.switch, socket.name)
                self.on_aim[socket.name] = socket.asking.requests.aim
        return Sockets(made)

    def _peers_of(self, socket: SocketLaunch) -> Callable[[], int]:
        watch = self.watches.get(socket.name)
        if watch is None:
            return lambda: socket.expected_peers  # inproc: they are there once they are connected
        return watch.peers

    def close(self, linger_ms: int, tails: Tails) -> None:
        """Close all sockets. What is queued may take `linger_ms` to leave, for ever with -1."""
        tails.hold([*self._bound, *self._connected.values(), *self._left])
        for watch in self.watches.values():
            watch.close()
        for socket in self._launch.sockets:
            raw = self.raw[socket.name]
            if "linger" in socket.options:
                raw.close()
            else:  # all that a receiver has to send are subscriptions: a publisher that is gone needs none
                raw.close(linger_ms if socket.type.sends else 0)


def _leaves_the_process(launch: InstanceLaunch, name: str) -> bool:
    """Whether a socket has an address that is not inproc: of those the monitor tells nothing."""
    socket = next(s for s in launch.sockets if s.name == name)
    addresses = (*socket.binds, *(target.address or "" for target in socket.connects))
    return any(not address.startswith("inproc://") for address in addresses)


def _make(context: transport.Context, socket: SocketLaunch) -> transport.Socket:
    kind, options = raw_options(socket)
    beneath = type_beneath(kind, socket.qos)
    if beneath is not kind:
        kind = beneath
        options = {name: value for name, value in options.items() if not name.startswith("req_")}
    try:
        return transport.make_socket(context, kind, options, socket.subscribe or ())
    except RunError as error:
        named = RunError(f"socket {socket.name!r}: {error.message}", error.remedy)
        raise from_error(FailureCause.SETUP, named, permanent=True) from error


__all__ = ["Failure", "Wiring"]
