"""Who may come in: the decision about one handshake. Reads keys and users, opens no socket, knows no clock.

The limits protect a socket from one peer that takes too much, so handshakes are counted by address: else a
stranger who knocks often enough would keep everybody out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.errors import RunError
from orchestrator.transport.keyring import Keyring
from orchestrator.transport.security import OUTGOING
from orchestrator.transport.users import fits, read_users
from orchestrator.transport.zap import DENIED, FAULT, OK, TEMPORARY, Request, Verdict
from orchestrator.wire.qos import Limits, Mechanism, Security

_ADDRESSES: Final = 4096
"""Addresses whose handshakes are counted; those that were silent for longest are forgotten."""


@dataclass(slots=True, kw_only=True)
class Door:
    """One socket that binds."""

    name: str
    """`instance.socket`: its ZAP domain."""
    security: Security | None
    limits: Limits
    inside: Callable[[], tuple[int, int]] = lambda: (0, 0)
    """How many have come in and are still there, and how many have come in by now."""
    admitted: int = 0
    """How many were let in here."""
    admitted_at: float = 0.0
    rates: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    @property
    def mechanism(self) -> Mechanism:
        return Mechanism.NULL if self.security is None else self.security.mechanism


@dataclass(slots=True)
class Bucket:
    """Handshakes of one address: a token bucket that holds one second's worth, and at least one."""

    level: float
    at: float

    def take(self, rate: float, now: float) -> bool:
        """Whether one more is within the rate."""
        self.level = min(max(1.0, rate), self.level + (now - self.at) * rate)
        self.at = now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True


class Admission:
    """Decides for all doors of a process. `now` is monotonic, `wall` Unix time, both seconds."""

    def __init__(self) -> None:
        self._doors: dict[str, Door] = {}
        self._rings: dict[str, Keyring] = {}

    def add(self, door: Door) -> None:
        """Let requests of the door's domain be decided."""
        self._doors[door.name] = door
        if door.security is not None and door.security.mechanism is Mechanism.CURVE:
            directory = door.security.keys
            if directory not in self._rings:
                self._rings[directory] = ring = Keyring(directory)
                ring.refresh()

    def refresh(self) -> list[str]:
        """Look whether keys have come or gone; the files that cannot be used."""
        return [fault for ring in self._rings.values() if ring.refresh() for fault in ring.faults]

    def judge(self, request: Request, now: float, wall: float) -> Verdict:
        """Decide about one handshake."""
        door = self._doors.get(request.domain)
        if request.domain == OUTGOING:
            return Verdict(status=OK)
        if door is None:
            return _no(FAULT, "domain", f"nobody knows the ZAP domain {request.domain!r}")
        if request.mechanism is not door.mechanism:
            return _no(DENIED, "mechanism", f"it speaks {request.mechanism}, not {door.mechanism}")
        if not self._within_rate(door, request.address, now):
            rate = door.limits.handshakes_per_second
            return _no(TEMPORARY, "rate", f"it makes more than {rate:g} handshakes a second")
        verdict = self._known(door.security, request, wall)
        most = door.limits.connections
        if verdict.ok and most is not None and self._inside(door, now) >= most:
            return _no(TEMPORARY, "connections", f"there are {most} connections already")
        if verdict.ok:
            door.admitted += 1
            door.admitted_at = now
        return verdict

    def _known(self, security: Security | None, request: Request, wall: float) -> Verdict:
        if security is None or security.mechanism is Mechanism.NULL:
            return Verdict(status=OK)
        if security.mechanism is Mechanism.PLAIN:
            return _by_password(security, request)
        return self._by_key(security, request, wall)

    def _by_key(self, security: Security, request: Request, wall: float) -> Verdict:
        public, ring = z85(request.key), self._rings[security.keys]
        known = ring.owner(public)
        if known is None:
            ring.refresh(missed=True)  # it may have been given its key just now
            known = ring.owner(public)
        if known is None:
            return _no(DENIED, "stranger", f"nobody in {security.keys} has its key {public}")
        if security.allow is not None and known.name not in security.allow:
            return _no(DENIED, "allow", f"{known.name!r} is not allowed here")
        if not known.counts(wall):
            return _no(TEMPORARY, "replaced", f"{known.name!r} comes with a key that was replaced")
        return Verdict(status=OK, who=known.name)

    def _within_rate(self, door: Door, address: str, now: float) -> bool:
        rate = door.limits.handshakes_per_second
        if rate is None:
            return True
        bucket = door.rates.pop(address, None) or Bucket(max(1.0, rate), now)
        door.rates[address] = bucket
        if len(door.rates) > _ADDRESSES:
            door.rates.popitem(last=False)
        return bucket.take(rate, now)

    def _inside(self, door: Door, now: float) -> int:
        """Who is there, with those who were let in and have not been seen yet."""
        peers, came = door.inside()
        if door.admitted < came or now - door.admitted_at > 1.0:  # one that was let in and left at once
            door.admitted = came
        return peers + door.admitted - came


def _by_password(security: Security, request: Request) -> Verdict:
    try:
        users = read_users(security.keys)
    except RunError as error:
        return _no(FAULT, "users", error.message)
    name = request.user
    if security.allow is not None and name not in security.allow:
        return _no(DENIED, "allow", f"{name[:64]!r} is not allowed here")
    if not fits(request.password, users.get(name)):
        return _no(DENIED, "password", f"there is no such name and password ({name[:64]!r})")
    return Verdict(status=OK, who=name)


def _no(status: int, kind: str, reason: str) -> Verdict:
    return Verdict(status=status, kind=kind, reason=reason)


def z85(key: bytes) -> str:
    """A key in the form in which it stands in files (RFC 32)."""
    from zmq.utils.z85 import encode

    return encode(key).decode()
