"""How sockets that live take new CURVE keys without losing a message.

libzmq uses keys in handshakes only, and a connection keeps those of the `connect` or `bind` that it came
from. So a server opens its port once more with its new pair; and a client leaves a connection for one with
new keys only where nothing is lost by it (docs/security.md, "Rotation"):

* PUSH and REQ over TCP at once, after the new keys were tried on a connection of their own: what has been
  sent leaves by the old one. (Over ipc the end of a connection may lose its last messages, see `tail`.)
* PULL, SUB and XSUB when their connection has ended by itself.
* the others when it has ended and does not come back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from orchestrator.errors import RunError
from orchestrator.host.failures import Failure
from orchestrator.host.guarding import Keys, is_rekeyed
from orchestrator.host.saying import say
from orchestrator.host.trial import Trial
from orchestrator.sdk.control import NodeControl
from orchestrator.transport.keyring import Keyring
from orchestrator.transport.security import server_of
from orchestrator.transport.sockets import Context
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Security

if TYPE_CHECKING:
    from orchestrator.host.wiring import Wiring

_LOOK_S: Final = 1.0
_SOON_S: Final = 0.05
_HOLD: Final = -2
"""The number of the hold on sockets that are about to get other keys."""
_HELD_S: Final = 0.5
"""The longest a REQ's next question waits for that, from the last look on."""
_FAILING_S: Final = 2.0
"""A link that was without a peer, and failed, for so long is not just waiting for its server."""
_AGAIN_S: Final = 2.0
"""The pause after which a client that was turned away for good knocks again: libzmq's own does not."""
_RARELY_S: Final = 300.0
"""The longest pause between two trials of keys that nobody takes."""

_AT_ONCE: Final = (SocketType.PUSH, SocketType.REQ)
_RECEIVE: Final = (SocketType.PULL, SocketType.SUB, SocketType.XSUB)

Link: TypeAlias = tuple[str, ConnectTarget]
"""(socket, target)."""


@dataclass(slots=True)
class _Effort:
    """What is being done for one link."""

    trial: Trial | None = None
    keys: Keys | None = None
    """Those on trial, or found good."""
    good: bool = False
    held: bool = False
    """Sends wait, so that a REQ has no question under way."""
    turn: int = 0
    next_at: float = 0.0
    pause_s: float = _FAILING_S


class Rekeying:
    """Of one instance. `tick` belongs to the control thread, `close` may be called by any; what touches the
    sockets is posted to their own thread."""

    def __init__(
        self,
        launch: InstanceLaunch,
        context: Context,
        wiring: Wiring,
        control: NodeControl,
    ) -> None:
        self._context = context
        self._wiring = wiring
        self._control = control
        self._sockets = {s.name: s for s in launch.sockets if is_rekeyed(s)}
        self._rings = {
            s.security.keys: Keyring(s.security.keys) for s in self._sockets.values() if s.security
        }
        self._efforts: dict[Link, _Effort] = {}
        self._opened: set[tuple[str, str, str]] = set()
        self._told: set[Link] = set()
        self._next = 0.0

    def tick(self, now: float) -> float | None:
        """See what has become of keys and links. How soon to look again, where that is sooner than usual."""
        if now < self._next:
            return self._next - now if self._hurries else None
        self._next = now + _LOOK_S
        for ring in self._rings.values():
            ring.refresh()
        wall = time.time()
        self._serve(wall)
        for link, used in self._wiring.guarding.used.copy().items():
            self._connect(link, used, now, wall)
        if self._hurries:
            self._next = now + _SOON_S
        return _SOON_S if self._hurries else None

    @property
    def _hurries(self) -> bool:
        """Whether keys are on trial, or sends are held until they have been changed."""
        return any(effort.held or effort.trial for effort in self._efforts.values())

    def close(self) -> None:
        """End what is on trial. Nobody ticks any more."""
        for effort in self._efforts.values():
            if effort.trial is not None:
                effort.trial.close()
        self._efforts.clear()

    # ------------------------------------------------------------------ servers

    def _serve(self, wall: float) -> None:
        for (name, address), publics in self._wiring.guarding.listening.copy().items():
            ring, security = self._of(name)
            keys = ring.keys_of(security.name)
            if not keys:
                continue
            current, known = keys[0].public, {key.public: key for key in keys}
            mark = (name, address, current)
            if current not in publics and mark not in self._opened:
                self._opened.add(mark)
                self._do(partial(self._wiring.rekeyed.serve_anew, name, address))
            over = [p for p in publics if p != current and not (p in known and known[p].counts(wall))]
            if current in publics and len(publics) > 1 and len(over) == len(publics) - 1:
                self._do(partial(self._wiring.rekeyed.serve_only, name, address, current))

    # ------------------------------------------------------------------ clients

    def _connect(self, link: Link, used: Keys, now: float, wall: float) -> None:
        name, target = link
        socket = self._sockets[name]
        choices = list(self._choices(socket, target, used.address, wall))
        if not choices:
            return
        effort = self._efforts.setdefault(link, _Effort())
        peers, down_s, kind = self._wiring.rekeyed.standing(name, used.address, now)
        outdated = used.pair != choices[0]
        if peers:
            self._told.discard(link)
        if peers and not outdated:
            self._efforts.pop(link)
        elif peers and _may_leave(socket, used.address):
            self._try(link, socket, used, choices, now)
        elif not peers and (outdated or kind) and now >= effort.next_at:
            self._when_down(link, socket, used, choices, down_s, kind, now)

    def _choices(
        self, socket: SocketLaunch, target: ConnectTarget, address: str, wall: float
    ) -> Iterator[tuple[str, str]]:
        """(own, server's) public keys to connect with, the newest first."""
        ring, security = self._of(socket.name)
        own = ring.keys_of(security.name)
        try:
            server = server_of(security, target.instance, address)
        except RunError:
            return
        for key in ring.keys_of(server):
            if own and key.counts(wall):
                yield own[0].public, key.public

    def _try(
        self, link: Link, socket: SocketLaunch, used: Keys, choices: list[tuple[str, str]], now: float
    ) -> None:
        """Find keys that work on a connection that carries nothing, and go over to them."""
        effort = self._efforts[link]
        if effort.good and effort.keys is not None:
            self._move(link, effort.keys)  # it could not be left yet
        elif effort.trial is None:
            if now >= effort.next_at:
                pair = choices[effort.turn % len(choices)]
                if pair == used.pair:  # nothing better is to be had as yet
                    effort.turn, effort.next_at = 0, now + effort.pause_s
                    effort.pause_s = min(2 * effort.pause_s, _RARELY_S)
                    return
                effort.keys = Keys(own=pair[0], server=pair[1], address=used.address)
                effort.trial = Trial(self._context, socket, effort.keys)
        elif (worked := effort.trial.look()) is not None:
            effort.trial.close()
            effort.trial = None
            effort.good = worked
            effort.turn += not worked
            if worked and effort.keys is not None:
                self._move(link, effort.keys)

    def _when_down(
        self,
        link: Link,
        socket: SocketLaunch,
        used: Keys,
        choices: list[tuple[str, str]],
        down_s: float,
        kind: str,
        now: float,
    ) -> None:
        """The connection has ended, or never came."""
        effort = self._efforts[link]
        refused = kind in ("auth", "mechanism", "key", "protocol")  # libzmq does not try again by itself
        if socket.type in _RECEIVE and used.pair not in choices:
            pass  # nothing is lost, whenever it is
        elif not kind or down_s < (_AGAIN_S if refused else _FAILING_S):
            return
        elif not refused and used.pair == choices[0] and len(choices) == 1:
            return  # these are the keys: it tries by itself
        pair = choices[effort.turn % len(choices)]
        effort.turn += 1
        effort.next_at = now + (_AGAIN_S if refused else _FAILING_S)
        if socket.type not in _RECEIVE and link not in self._told:
            self._told.add(link)
            why = "does not let it in" if refused else "takes its keys no more"
            say(f"{link[0]}: {used.address} {why}: what was queued is lost; trying again")
        self._move(link, Keys(own=pair[0], server=pair[1], address=used.address))

    def _move(self, link: Link, keys: Keys) -> None:
        effort = self._efforts[link]

        def move() -> None:
            if self._wiring.rekeyed.move(*link, keys):
                self._efforts.pop(link, None)
                self._control.release(_HOLD)

        if effort.good and self._sockets[link[0]].type is SocketType.REQ:
            effort.held = True
            self._control.hold(link[0], _HOLD, time.monotonic() + _HELD_S)

        self._do(move)

    def _do(self, what: Callable[[], object]) -> None:
        def done() -> None:
            try:
                what()
            except Failure as failure:  # the files are being replaced, or were spoilt: the next turn tells
                say(failure.text)

        self._control.post(done)

    def _of(self, name: str) -> tuple[Keyring, Security]:
        security = self._sockets[name].security
        assert security is not None
        return self._rings[security.keys], security


def _may_leave(socket: SocketLaunch, address: str) -> bool:
    """Whether a connection that works can be left without a loss."""
    qos = socket.qos
    if not address.startswith("tcp://"):
        return False
    if socket.type is SocketType.REQ:  # with these it has a DEALER under it, and may have several under way
        return not (qos.envelope or qos.retry or qos.breaker or qos.failover)
    return socket.type in _AT_ONCE
