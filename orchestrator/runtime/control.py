"""The supervisor's end of the control channel: one ROUTER for all nodes (docs/protocol.md).

Knows who is connected, and when each last answered a PING; what each tells about its progress and traffic
goes to `beats`. Whatever arrives, nothing here raises: frames that make no sense are counted and left.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import zmq

from orchestrator.errors import RunError
from orchestrator.runtime.beats import Beats
from orchestrator.runtime.connecting import NO_TARGETS, Addresses, Targets, connect_body
from orchestrator.runtime.heard import read_addresses, read_failure
from orchestrator.runtime.reaching import GRACE_S, Reaching, routing_id
from orchestrator.runtime.reports import SocketTraffic
from orchestrator.supervision.events import Bound, Event, ReadyReported
from orchestrator.wire.control import ControlError, ControlMessage, Kind, decode, encode, ping

_DRAIN: Final = 512
"""Messages read per turn of the loop, so that a flood does not keep the exits waiting."""
_REMEMBERED: Final = 64
"""PINGs whose round trip is measured; an answer to an older one counts as an answer alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """What the supervisor knows of a unit before it speaks."""

    instances: Mapping[str, str]
    """instance -> its node."""
    interval_s: float
    foreign: bool


@dataclass(slots=True)
class _Peer:
    """One connection that has said HELLO."""

    unit: str
    attempt: int
    pinged: bool
    commanded: bool


class ControlServer:
    """Binds `address`; calls `tell` with the machine's events as they arrive, on the loop's thread.

    `lasting`: the other ends may outlive this one, and meet another (`adopt`).
    """

    def __init__(
        self,
        address: str,
        token: str,
        members: Mapping[str, Member],
        tell: Callable[[Event], None],
        *,
        lasting: bool = False,
    ) -> None:
        self.address = address
        self.ignored = 0
        """Messages that made no sense or had no right to be heard."""
        self.pongs: dict[str, float] = {}
        """unit -> monotonic time of its last answer."""
        self._token = token
        self._members = members
        self._tell = tell
        self._peers: dict[bytes, _Peer] = {}
        self._commanded: dict[str, bytes] = {}
        self._pinged: dict[str, bytes] = {}
        self._attempts: dict[str, int] = {}
        self._began: dict[str, float] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._beating: set[float] = set()
        self._lasting = lasting
        self._reaching = Reaching(self._reach)
        self._sequence = 0
        self._pinged_at: dict[bytes, float] = {}
        self.round_trips_s: dict[str, float] = {}
        """unit -> how long its last answer took."""
        self.beats = Beats()
        """What the nodes tell of their progress and traffic."""
        self.on_held: Callable[[str, object], None] = lambda unit, number: None
        """Called with a unit and the number of the hold it keeps."""

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Bind and begin to listen. Raises RunError when the address cannot be bound."""
        self._loop = loop
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 200)
        self._socket.setsockopt(zmq.BACKLOG, 1024)
        self._socket.setsockopt(zmq.SNDHWM, 1000)
        self._socket.setsockopt(zmq.MAXMSGSIZE, 2 << 20)
        if self._lasting:
            # Who is not there is told, not passed over; who comes again with the same id is the same peer.
            self._socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
            self._socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        try:
            self._socket.bind(self.address)
        except zmq.ZMQError as error:
            self._socket.close()
            self._context.term()
            raise RunError(f"the control socket cannot bind {self.address}: {error.strerror}") from error
        self.address = _last_endpoint(self._socket)
        self._fd = self._socket.fileno()
        loop.add_reader(self._fd, self._read)
        self.expect(self._members)

    def close(self) -> None:
        """Stop listening and give everything back."""
        for timer in self._timers:
            timer.cancel()
        self._reaching.close()
        self._loop.remove_reader(self._fd)
        self._socket.close()
        self._context.term()

    def expect(self, members: Mapping[str, Member]) -> None:
        """From now on these are the units: others are not heard any more."""
        for unit, member in self._members.items():
            if members.get(unit) != member:
                self._forget(unit)
                self._attempts.pop(unit, None)
        self._members = members
        for interval_s in sorted({member.interval_s for member in members.values()} - self._beating):
            self._beating.add(interval_s)
            self._beat(interval_s, self._loop.time() + interval_s)

    def began(self, unit: str, attempt: int) -> None:
        """A new process of the unit: whatever its predecessor said is void."""
        self._forget(unit)
        self._attempts[unit] = attempt
        self._began[unit] = time.monotonic()

    def _forget(self, unit: str) -> None:
        self._reaching.found(unit)
        self.pongs.pop(unit, None)
        self.round_trips_s.pop(unit, None)
        self._commanded.pop(unit, None)
        self._pinged.pop(unit, None)
        self._peers = {i: p for i, p in self._peers.items() if p.unit != unit}
        for instance in self._members[unit].instances:
            self.beats.forget(instance)

    def adopt(self, unit: str, attempt: int, since_s: float, *, ready: bool) -> None:
        """A process that an earlier supervisor with this token started, and that runs for `since_s`: it is
        called until it answers, and has some time for that."""
        self.began(unit, attempt)
        now, member = time.monotonic(), self._members[unit]
        self._began[unit] = now - since_s
        control_id = routing_id(self._token, unit, attempt, "control")
        heartbeat_id = control_id if member.foreign else routing_id(self._token, unit, attempt, "heartbeat")
        self._peers[control_id] = _Peer(unit, attempt, pinged=member.foreign, commanded=True)
        self._commanded[unit] = control_id
        self._pinged[unit] = heartbeat_id
        if not member.foreign:
            self._peers[heartbeat_id] = _Peer(unit, attempt, pinged=True, commanded=False)
            self.pongs[unit] = now + GRACE_S
            if ready:
                for instance in member.instances:
                    self.beats.expect(instance, now + GRACE_S)
        self._reaching.add(unit, control_id, heartbeat_id)

    def connect(self, unit: str, addresses: Addresses, targets: Targets = NO_TARGETS) -> None:
        """Tell a node where its binders are, and to whom its sockets connect from now on."""
        self.command(unit, Kind.CONNECT, connect_body(addresses, targets))

    def stop(self, unit: str, reason: str, *, drain_s: float | None = None) -> bool:
        """Ask a node to end, with `drain_s` once it has finished what it has, but within so many seconds.
        Whether that is on its way."""
        drain = {} if drain_s is None else {"drain": True, "seconds": round(drain_s, 3)}
        return self.command(unit, Kind.STOP, {"reason": reason, **drain})

    def stalled(self, now: float) -> dict[str, float]:
        """unit -> seconds for which the main loop of its slowest instance has made no step."""
        found: dict[str, float] = {}
        for unit, member in self._members.items():
            for instance in member.instances:
                stuck_s = self.beats.stuck_s(instance, now, member.interval_s)
                if stuck_s is not None:
                    found[unit] = max(found.get(unit, 0.0), stuck_s)
        return found

    def traffic(self) -> dict[tuple[str, str], SocketTraffic]:
        """(instance, socket) -> what the node last told, in the order of the topology."""
        return self.beats.traffic(name for member in self._members.values() for name in member.instances)

    def hear_out(self, instances: Collection[str], patience_s: float) -> None:
        """Read what these have said, to their last word if it comes within `patience_s`; nothing else is done
        meanwhile."""
        until = time.monotonic() + patience_s
        self._read()
        while not self.beats.parted.issuperset(instances) and (left := until - time.monotonic()) > 0:
            self._socket.poll(round(left * 1000))
            self._read()

    def ages(self, now: float) -> dict[str, float]:
        """unit -> seconds since its last answer."""
        return {unit: max(0.0, now - pong) for unit, pong in self.pongs.items()}

    # ---------------------------------------------------------------- PING

    def _beat(self, interval_s: float, at: float) -> None:
        """PING all units of this interval, at `at` and every interval after."""
        self._timers = [t for t in self._timers if not t.cancelled() and t.when() > self._loop.time()]
        self._timers.append(self._loop.call_at(at, self._ping_all, interval_s, at))

    def _ping_all(self, interval_s: float, at: float) -> None:
        if all(member.interval_s != interval_s for member in self._members.values()):
            self._beating.discard(interval_s)
            return
        self._sequence += 1
        body = struct.pack(">Q", self._sequence)
        self._pinged_at[body] = time.monotonic()
        if len(self._pinged_at) > _REMEMBERED:
            del self._pinged_at[next(iter(self._pinged_at))]
        for unit, identity in self._pinged.items():
            if self._members[unit].interval_s == interval_s:
                self._push(identity, ping(unit, body))
        missed = max(0.0, self._loop.time() - at)  # a loop that was held up does not catch up on beats
        self._beat(interval_s, at + interval_s * (1 + missed // interval_s))
        self._loop.call_soon(self._read)

    # ---------------------------------------------------------------- in and out

    def command(self, unit: str, kind: Kind, body: dict[str, Any]) -> bool:
        """Tell a unit something. Whether that is on its way: not to one that has not said HELLO yet."""
        identity, frames = self._commanded.get(unit), encode(kind, unit, body)
        if identity is None or self._reaching.holds(unit, frames):
            return identity is not None
        self._loop.call_soon(self._read)
        return self._push(identity, frames)

    def _push(self, identity: bytes, frames: Iterable[bytes]) -> bool:
        try:
            self._socket.send_multipart([identity, *frames], zmq.NOBLOCK)
        except zmq.ZMQError:  # the peer is gone or reads nothing: its exit or its silence tells the rest
            self.ignored += 1
            return False
        return True

    def _reach(self, identity: bytes, frames: Iterable[bytes]) -> bool:
        reached = self._push(identity, frames)
        self._loop.call_soon(self._read)
        return reached

    def _read(self) -> None:
        """The descriptor signals by edge: read until there is nothing, or come back soon."""
        if self._socket.closed:
            return
        for _ in range(_DRAIN):
            try:
                identity, *frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._hear(identity, frames)
        self._loop.call_soon(self._read)

    def _hear(self, identity: bytes, frames: list[bytes]) -> None:
        try:
            message = decode(frames)
        except ControlError:
            self.ignored += 1
            return
        peer = self._peers.get(identity)
        if message.kind is Kind.HELLO:
            self._greet(identity, message.body)
        elif peer is None:
            self.ignored += 1
        elif message.kind is Kind.PING:
            now = time.monotonic()
            self.pongs[peer.unit] = now
            if message.raw in self._pinged_at:
                self.round_trips_s[peer.unit] = now - self._pinged_at[message.raw]
        elif message.kind is Kind.HELD:
            self.on_held(peer.unit, message.body.get("hold"))
        else:
            self._listen(peer, message)

    def _greet(self, identity: bytes, body: dict[str, Any]) -> None:
        unit, attempt = body.get("unit"), body.get("attempt")
        if (
            body.get("token") != self._token
            or not isinstance(unit, str)
            or not isinstance(attempt, int)
            or unit not in self._members
            or self._attempts.get(unit) != attempt
        ):
            self.ignored += 1
            return
        role = body.get("role", "control")
        pinged = role == "heartbeat" or self._members[unit].foreign
        peer = _Peer(unit, attempt, pinged=pinged, commanded=role != "heartbeat")
        self._peers[identity] = peer
        if peer.pinged:
            self._pinged[unit] = identity
            self.pongs.setdefault(unit, time.monotonic())
        if peer.commanded:
            self._commanded[unit] = identity
            for frames in self._reaching.found(unit):
                self._push(identity, frames)

    def _listen(self, peer: _Peer, message: ControlMessage) -> None:
        instance = self._instance(peer.unit, message.who)
        body = message.body
        if instance is None or self._attempts.get(peer.unit) != peer.attempt:
            self.ignored += 1
        elif message.kind is Kind.BEAT:
            node = self._members[peer.unit].instances[instance]
            now = time.monotonic()
            self.beats.note(instance, node, body, now=now, counted_s=now - self._began[peer.unit])
        elif message.kind is Kind.READY:
            if not self._members[peer.unit].foreign:  # beats of other programs are due once one has come
                self.beats.expect(instance, time.monotonic(), anew=False)
            self._tell(ReadyReported(unit=peer.unit, instance=instance, attempt=peer.attempt))
        elif message.kind is Kind.BOUND:
            addresses = read_addresses(body.get("addresses"))
            self._tell(Bound(unit=peer.unit, instance=instance, attempt=peer.attempt, addresses=addresses))
        elif message.kind is Kind.FAILED:
            self._tell(read_failure(peer.unit, instance, peer.attempt, body))

    def _instance(self, unit: str, who: str) -> str | None:
        instances = self._members[unit].instances
        if who in instances:
            return who
        return next(iter(instances)) if who == unit and len(instances) == 1 else None


def _last_endpoint(socket: zmq.Socket[bytes]) -> str:
    found = socket.getsockopt(zmq.LAST_ENDPOINT)
    assert isinstance(found, bytes)
    return found.rstrip(b"\0").decode()
