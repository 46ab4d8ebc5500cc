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

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from orchestrator.errors import RunError
from orchestrator.host.failures import Failure
from orchestrator.host.guarding import Keys, is_rekeyed
from orchestrator.host.keychange import Step, next_step
from orchestrator.host.saying import say
from orchestrator.host.trial import Trial
from orchestrator.sdk.control.node_control import NodeControl
from orchestrator.transport.keyring import Keyring
from orchestrator.transport.security import server_of
from orchestrator.vocabulary import SocketType
from orchestrator.wire.launch import ConnectTarget, InstanceLaunch, SocketLaunch
from orchestrator.wire.qos import Security

if TYPE_CHECKING:
    from orchestrator.host.rekeyed import Rekeyed

_LOOK_S: Final = 1.0
_SOON_S: Final = 0.05
_PAUSE_S: Final = 2.0
"""Between two attempts with other keys."""
_RARELY_S: Final = 300.0
"""The longest pause between two trials of keys that nobody takes."""
_HOLD: Final = -2
"""The number of the hold on sockets that are about to get other keys."""
_HELD_S: Final = 0.5
"""The longest a REQ's next question waits for that, from the last look on."""

Link: TypeAlias = tuple[str, ConnectTarget]
"""(socket, target)."""


@dataclass(slots=True)
class _Effort:
    """What is being done for one link."""

    trial: Trial | None = None
    keys: Keys | None = None
    """Those on trial, or found good."""
    good: bool = False
    held_until: float = 0.0
    """Sends wait till then, so that a REQ has no question under way."""
    turn: int = 0
    next_at: float = 0.0
    pause_s: float = _PAUSE_S


class Rekeying:
    """Of one instance. `tick` and `close` may not be called at once; what touches the sockets is posted to
    their own thread."""

    def __init__(
        self,
        launch: InstanceLaunch,
        rekeyed: Rekeyed,
        control: NodeControl,
        make_trial: Callable[[SocketLaunch, Keys], Trial],
    ) -> None:
        self._rekeyed = rekeyed
        self._control = control
        self._make_trial = make_trial
        self._sockets = {s.name: s for s in launch.sockets if is_rekeyed(s)}
        self._rings = {
            s.security.keys: Keyring(s.security.keys) for s in self._sockets.values() if s.security
        }
        self._efforts: dict[Link, _Effort] = {}
        self._opened: set[tuple[str, str, str]] = set()
        self._told: set[Link] = set()
        self._next = 0.0

    def tick(self, now: float, wall: float) -> float | None:
        """See what has become of keys and links (`wall`: Unix time). How soon to look again, where that is
        sooner than usual."""
        if now >= self._next:
            for ring in self._rings.values():
                ring.refresh()
            self._serve(wall)
            links = self._rekeyed.guarding.used.copy()
            for gone in self._efforts.keys() - links.keys():
                self._drop(gone)
            for link, used in links.items():
                self._look_after(link, used, now, wall)
            self._next = now + (_SOON_S if self._hurries(now) else _LOOK_S)
        return max(0.0, self._next - now) if self._hurries(now) else None

    def _hurries(self, now: float) -> bool:
        """Whether keys are on trial, or sends are held until they have been changed."""
        return any(effort.trial or now < effort.held_until for effort in self._efforts.copy().values())

    def close(self) -> None:
        """End what is on trial. Nobody ticks any more."""
        for link in list(self._efforts):
            self._drop(link)

    def _drop(self, link: Link) -> None:
        effort = self._efforts.pop(link, None)
        if effort is not None and effort.trial is not None:
            effort.trial.close()

    # ------------------------------------------------------------------ servers

    def _serve(self, wall: float) -> None:
        for (name, address), publics in self._rekeyed.guarding.listening.copy().items():
            ring, security = self._of(name)
            keys = ring.keys_of(security.name)
            if not keys:
                continue
            current, known = keys[0].public, {key.public: key for key in keys}
            mark = (name, address, current)
            if current not in publics and mark not in self._opened:
                self._opened.add(mark)
                self._do(partial(self._rekeyed.serve_anew, name, address))
            over = [p for p in publics if p != current and not (p in known and known[p].counts(wall))]
            if current in publics and len(publics) > 1 and len(over) == len(publics) - 1:
                self._do(partial(self._rekeyed.serve_only, name, address, current))

    # ------------------------------------------------------------------ clients

    def _look_after(self, link: Link, used: Keys, now: float, wall: float) -> None:
        name, target = link
        socket = self._sockets[name]
        choices = list(self._choices(socket, target, used.address, wall))
        if not choices:
            return
        standing = self._rekeyed.standing(name, used.address, now)
        own = self._of(name)[0].owner(used.own)
        refused = own is None or not own.counts(wall)
        step = next_step(
            socket,
            used.address,
            standing,
            outdated=used.pair != choices[0],
            stale=refused or all(used.server != server for _, server in choices),
            refused=refused,
            choices=len(choices),
        )
        if standing.peers:
            self._told.discard(link)
        if step is Step.SETTLED:
            self._drop(link)
        elif step is not Step.NOTHING:
            effort = self._efforts.setdefault(link, _Effort())
            if step is Step.TRY:
                self._try(link, effort, socket, used, choices, now)
            elif now >= effort.next_at:
                self._change(link, effort, step, used, choices, now)

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
        self,
        link: Link,
        effort: _Effort,
        socket: SocketLaunch,
        used: Keys,
        choices: list[tuple[str, str]],
        now: float,
    ) -> None:
        """Find keys that work on a connection that carries nothing, and go over to them."""
        if effort.good and effort.keys is not None:
            self._move(link, effort, effort.keys, now)  # it could not be left yet
        elif effort.trial is None:
            if now < effort.next_at:
                return
            pair = choices[effort.turn % len(choices)]
            if pair == used.pair:  # nothing better is to be had as yet
                effort.turn, effort.next_at = 0, now + effort.pause_s
                effort.pause_s = min(2 * effort.pause_s, _RARELY_S)
                return
            effort.keys = Keys(own=pair[0], server=pair[1], address=used.address)
            effort.trial = self._make_trial(socket, effort.keys)
        elif (worked := effort.trial.look()) is not None:
            effort.trial.close()
            effort.trial = None
            effort.good = worked
            effort.turn += not worked
            if worked and effort.keys is not None:
                self._move(link, effort, effort.keys, now)

    def _change(
        self, link: Link, effort: _Effort, step: Step, used: Keys, choices: list[tuple[str, str]], now: float
    ) -> None:
        """The connection has ended, or never came: another one with other keys, or with the same again."""
        pair = choices[effort.turn % len(choices)]
        effort.turn += 1
        effort.next_at = now + _PAUSE_S
        if step is not Step.MOVE and link not in self._told:
            self._told.add(link)
            why = "does not let it in" if step is Step.KNOCK else "takes its keys no more"
            say(f"{link[0]}: {used.address} {why}: what was queued is lost; trying again")
        self._move(link, effort, Keys(own=pair[0], server=pair[1], address=used.address), now)

    def _move(self, link: Link, effort: _Effort, keys: Keys, now: float) -> None:
        if effort.good and self._sockets[link[0]].type is SocketType.REQ:
            effort.held_until = now + _HELD_S
            self._control.hold(link[0], _HOLD, effort.held_until)

        def move() -> None:
            if self._rekeyed.move(*link, keys):
                effort.good, effort.held_until = False, 0.0
                self._control.release(_HOLD)

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
