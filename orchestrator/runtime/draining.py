"""Ending one process so that nothing that was sent to it is lost.

Those who send to it are asked to hold on (`HOLD`); once they do, it is asked to finish what it has (`STOP`
with `drain`); once it is gone, they go on (`RELEASE`). Who sends to whom is read from the plan. Where
several that feed each other end together, the one downstream is asked last.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.planning.types import Plan, UnitPlan
from orchestrator.runtime.control import ControlServer
from orchestrator.supervision.links.declared import Addresses, declared
from orchestrator.supervision.links.types import End
from orchestrator.supervision.state import State
from orchestrator.vocabulary import SocketType
from orchestrator.wire.control import Kind

ANSWER_S: Final = 0.5
"""How long a sender may take to say that it holds; one that does not may be frozen, or in a long step."""
SETTLE_S: Final = 0.05
"""How long senders hold once the process is gone. Their I/O threads learn of its end from the kernel, and
tell their sockets by and by; what is sent before that is sent to nobody (seen once in a hundred changes under
full load)."""
AFTER_S: Final = 1.0
"""How long senders hold at most when the grace is over: by then the process has been killed, and this
supervisor has said so, if it still lives."""

_SENDS_TO: Final = {
    SocketType.PULL: (SocketType.PUSH,),
    SocketType.REP: (SocketType.REQ, SocketType.DEALER),
    SocketType.ROUTER: (SocketType.REQ, SocketType.DEALER),
    SocketType.DEALER: (SocketType.DEALER,),
    SocketType.PAIR: (SocketType.PAIR,),
}
"""Receiving type -> the types at the other end that are asked to hold. A REP or a ROUTER is not: it answers,
and whoever ends may be waiting for that with work in hand; nor is a PUB, which loses by its nature."""


@dataclass(slots=True)
class _Drain:
    """One process that is to end."""

    unit: UnitPlan
    attempt: int
    number: int
    until: float
    """When its grace is over (monotonic seconds)."""
    held: set[str] = field(default_factory=set)
    """The units that were asked to hold."""
    silent: set[str] = field(default_factory=set)
    """Those of them that have not answered yet."""
    upstream: set[str] = field(default_factory=set)
    """Those that feed it, and are to end themselves, first."""
    told: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Drains:
    """The processes of one run that end in this way. All methods belong to the loop's thread."""

    def __init__(
        self,
        control: ControlServer,
        look: Callable[[], State],
        signal: Callable[[str, int, int], None],
    ) -> None:
        """`look` gives the machine's state. `signal` sends a signal to an attempt of a unit."""
        self._control = control
        self._look = look
        self._signal = signal
        self._numbers = itertools.count(1)
        self._drains: dict[str, _Drain] = {}
        control.on_held = self._on_held

    def begin(self, unit: UnitPlan, attempt: int) -> None:
        """Have a unit end, soon."""
        self._forget(unit.unit)
        drain = _Drain(unit, attempt, next(self._numbers), time.monotonic() + unit.stop.grace_s)
        senders = self._senders(unit.unit)
        drain.upstream = {name for name in senders if name in self._drains}
        for other in self._drains.values():
            self._let_go(other, unit.unit, wait=other.unit.unit not in drain.upstream)
        self._drains[unit.unit] = drain
        for name, sockets in senders.items():
            if name not in drain.upstream and self._hold(drain, name, sockets):
                drain.held.add(name)
        drain.silent = set(drain.held)
        loop, grace_s = asyncio.get_running_loop(), unit.stop.grace_s
        drain.timers = [
            loop.call_later(min(ANSWER_S, grace_s / 4), self._waited_for_answers, drain),
            loop.call_later(grace_s / 2, self._tell, drain),
        ]
        self._look_whether_free(drain)

    def ended(self, unit: str) -> None:
        """A unit has no process any more: nobody waits for it."""
        self._forget(unit)
        for other in list(self._drains.values()):
            other.held.discard(unit)
            other.silent.discard(unit)
            other.upstream.discard(unit)
            self._look_whether_free(other)

    def close(self) -> None:
        """Wait for nothing any more."""
        for drain in self._drains.values():
            for timer in drain.timers:
                timer.cancel()
        self._drains.clear()

    # ------------------------------------------------------------------ the parts

    def _forget(self, unit: str) -> None:
        """Let those go on who were held for a unit."""
        drain = self._drains.pop(unit, None)
        if drain is not None:
            for timer in drain.timers:
                timer.cancel()
            if drain.held:
                asyncio.get_running_loop().call_later(SETTLE_S, self._release, drain)

    def _release(self, drain: _Drain) -> None:
        for name in drain.held:
            self._control.command(name, Kind.RELEASE, {"hold": drain.number})

    def _hold(self, drain: _Drain, name: str, sockets: list[tuple[str, str]]) -> bool:
        seconds = drain.unit.stop.grace_s + AFTER_S
        body = {"hold": drain.number, "sockets": [list(key) for key in sockets], "seconds": seconds}
        return self._control.command(name, Kind.HOLD, body)

    def _let_go(self, drain: _Drain, name: str, *, wait: bool) -> None:
        """A sender of a drain is to end itself: it must not be kept from what it has to finish."""
        if name in drain.held:
            drain.held.discard(name)
            drain.silent.discard(name)
            self._control.command(name, Kind.RELEASE, {"hold": drain.number})
            if wait:
                drain.upstream.add(name)
            self._look_whether_free(drain)

    def _on_held(self, name: str, number: object) -> None:
        for drain in self._drains.values():
            if drain.number == number:
                drain.silent.discard(name)
                self._look_whether_free(drain)
                return

    def _waited_for_answers(self, drain: _Drain) -> None:
        drain.silent.clear()
        self._look_whether_free(drain)

    def _look_whether_free(self, drain: _Drain) -> None:
        if not drain.silent and not drain.upstream:
            self._tell(drain)

    def _tell(self, drain: _Drain) -> None:
        if not drain.told:
            drain.told = True
            unit = drain.unit
            told = self._control.stop(unit.unit, "stop", drain_s=max(0.0, drain.until - time.monotonic()))
            if not told or not unit.is_python:  # a Python node would end at once at a signal
                self._signal(unit.unit, drain.attempt, getattr(signal, unit.stop.signal))

    def _senders(self, unit: str) -> dict[str, list[tuple[str, str]]]:
        """unit -> its sockets that send to this one, be it by a plan that is about to change."""
        state = self._look()
        change = state.rollout.change if state.rollout is not None else None
        plans = (state.plan,) if change is None else (state.plan, change.old, change.new)
        found: dict[str, list[tuple[str, str]]] = {}
        for end in dict.fromkeys(e for p in plans for e in _ends_that_send_to(unit, p, state.addresses)):
            sender = state.units.get(end.unit)
            if sender is not None and sender.plan.is_python and sender.run.pid is not None:
                found.setdefault(end.unit, []).append(end.key)
        return found


def _ends_that_send_to(unit: str, plan: Plan, addresses: Addresses) -> list[End]:
    """The sockets of other units whose messages come here."""
    return [
        other
        for link in declared(plan, addresses)
        if link.binder is not None
        for own, other in ((link.connector, link.binder), (link.binder, link.connector))
        if own.unit == unit != other.unit and other.type in _SENDS_TO.get(own.type, ())
    ]


__all__ = ["Drains"]
