"""What the events of a socket's monitor mean: who is connected, what failed in the handshake, what broke off.

Numbers only: reading the monitor is `watch`'s. The events are those of zmq_socket_monitor(3), as libzmq 4.3.5
sends them: a connection is ACCEPTED or CONNECTED (value: its descriptor), then HANDSHAKE_SUCCEEDED (value: 0)
or one of HANDSHAKE_FAILED_*, and DISCONNECTED (value: its descriptor) in the end. Peers whose types may not
meet are told nothing at all: DISCONNECTED follows on CONNECTED.
"""

from __future__ import annotations

from typing import Any, Final

import zmq

BIND: Final = "bind"
"""Stands for all addresses that a socket binds: libzmq does not say who came in, nor always by which."""

OPENED: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_CONNECTED
UP: Final = int(zmq.EVENT_HANDSHAKE_SUCCEEDED)
DOWN: Final = int(zmq.EVENT_DISCONNECTED)
FAILED: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
NOT_ACCEPTED: Final = int(zmq.EVENT_ACCEPT_FAILED)

TYPES: Final = "types"
"""Closed in the handshake without a word, as libzmq does where two socket types may not meet."""
_PROTOCOL: Final = {0x11000001: "key", 0x11000002: "mechanism"}
"""ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC and …_MECHANISM_MISMATCH of zmq.h: a key that does not fit, and
security on one side alone (or another kind of it)."""


def kind_of(event: int, value: int) -> str:
    """The word for a failed handshake, as docs/protocol.md lists them."""
    if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
        return "auth"
    if event == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        return "auth" if value & 0x20000000 else _PROTOCOL.get(value, "protocol")
    return "accept" if event == NOT_ACCEPTED else "broken"


class EndpointCount:
    """One address that a socket connects to, or all that it binds."""

    __slots__ = (
        "_explained",
        "_unsaid",
        "_up",
        "_waiting",
        "changed",
        "failed",
        "failed_at",
        "last",
        "lost",
        "ok",
        "row",
        "standby",
    )

    def __init__(self, now: float) -> None:
        self.ok = 0
        """Handshakes that succeeded."""
        self.lost = 0
        """Peers that went."""
        self.failed: dict[str, int] = {}
        """Handshakes that did not, by kind."""
        self.row = 0
        """Failures since the last success."""
        self.last = ""
        """How the last one failed."""
        self.changed = now
        """When the number of peers was last another one."""
        self.failed_at = now
        """When a handshake last failed."""
        self.standby = False
        """The socket connects there only when another server fails."""
        self._waiting: set[int] = set()
        self._up: set[int] = set()
        self._unsaid = 0
        self._explained = False

    @property
    def peers(self) -> int:
        """Connections whose handshake has succeeded."""
        return len(self._up) + self._unsaid

    @property
    def open(self) -> int:
        """Connections that have got no further."""
        return len(self._waiting) - self._unsaid

    def note(self, event: int, value: int, now: float) -> None:
        """Take in one event."""
        before = self.peers
        if event & OPENED:
            self._up.discard(value)
            self._waiting.add(value)
        elif event == UP:
            self.ok += 1
            self.row = 0
            self._unsaid += 1
        elif event & FAILED or event == NOT_ACCEPTED:
            self._fail(event, value, now)
        elif event == DOWN:
            self._end(value, now)
        self._settle()
        if self.peers != before:
            self.changed = now

    def _fail(self, event: int, value: int, now: float) -> None:
        """DISCONNECTED comes next, from the same I/O thread; a second reason for it is none."""
        if not self._explained:
            self._count(kind_of(event, value), now)
        self._explained = event != NOT_ACCEPTED

    def _count(self, kind: str, now: float) -> None:
        self.failed[kind] = self.failed.get(kind, 0) + 1
        self.row += 1
        self.last = kind
        self.failed_at = now

    def refused(self, kind: str, now: float) -> None:
        """One was turned away before its handshake could fail."""
        self._count(kind, now)

    def _end(self, descriptor: int, now: float) -> None:
        explained, self._explained = self._explained, False
        if descriptor in self._up:
            self._up.discard(descriptor)
            self.lost += 1
        elif descriptor in self._waiting:
            self._waiting.discard(descriptor)
            if not explained and not self._unsaid:
                self._count(TYPES, now)

    def _settle(self) -> None:
        """HANDSHAKE_SUCCEEDED does not tell whose it was, so one that ends while several are in doubt is
        taken for one that had not got so far; where that was wrong, the end of the next one mends it."""
        if self._unsaid and len(self._waiting) <= self._unsaid:
            self._up |= self._waiting
            self._waiting.clear()
            self._unsaid = 0

    def told(self, now: float) -> dict[str, Any]:
        """As BEAT tells it: zeros are left out."""
        body: dict[str, Any] = {"peers": self.peers, "changed_s": round(now - self.changed, 3)}
        if self.standby:
            body["standby"] = True
        numbers = {"open": self.open, "ok": self.ok, "lost": self.lost, "row": self.row}
        body.update((key, number) for key, number in numbers.items() if number > 0)
        if self.failed:
            body["failed"] = dict(self.failed)
            body["failed_s"] = round(now - self.failed_at, 3)
        return body


class SocketCount:
    """All endpoints of one socket. Belongs to whoever holds the lock around it."""

    def __init__(self) -> None:
        self.endpoints: dict[str, EndpointCount] = {}
        self._connects: set[str] = set()
        self._means: dict[str, str] = {}
        self._addressees: tuple[int, int] | None = None
        """Remembered until something changes: whoever shares memory asks for each message."""
        self._changes = 0

    @property
    def peers(self) -> int:
        """Peers of the socket, wherever they are connected."""
        return sum(endpoint.peers for endpoint in self.endpoints.values())

    @property
    def addressees(self) -> tuple[int, int]:
        """For how many libzmq may keep a message, those that are connected and those that the socket connects
        to and that are away; and a number that is another one whenever a peer has come or gone."""
        if self._addressees is None:
            self._changes += 1
            count = sum(
                endpoint.peers if key is BIND else max(1, endpoint.peers)
                for key, endpoint in self.endpoints.items()
                if not endpoint.standby
            )
            self._addressees = count, self._changes
        return self._addressees

    def expect(self, address: str, now: float) -> None:
        """The socket is about to connect to `address`."""
        self._addressees = None
        self._connects.add(address)
        self.endpoints.setdefault(address, EndpointCount(now))

    def stand_by(self, address: str, now: float) -> None:
        """The socket would connect to `address` if another server failed."""
        self._addressees = None
        self.endpoints[address] = count = EndpointCount(now)
        count.standby = True

    def forget(self, address: str) -> None:
        """It does not any more."""
        self._addressees = None
        self._connects.discard(address)
        self.endpoints.pop(address, None)
        self._means = {heard: meant for heard, meant in self._means.items() if meant != address}

    def note(self, event: int, value: int, address: str, now: float) -> None:
        """Take in one event, with the address that libzmq names."""
        self._addressees = None
        if event == zmq.EVENT_CONNECTED and address not in self._means:
            meant = self._meant(address)
            if meant is not None:
                self._means[address] = meant
        key = self._means.get(address, BIND)
        if key is BIND and event in (zmq.EVENT_ACCEPTED, NOT_ACCEPTED):
            self.endpoints.setdefault(BIND, EndpointCount(now))
        count = self.endpoints.get(key)
        if count is not None and not (key is BIND and event == zmq.EVENT_CONNECTED):
            count.note(event, value, now)  # else of an address that was given up meanwhile

    def refused(self, kind: str, now: float) -> None:
        """One that came to a bound address was turned away."""
        self.endpoints.setdefault(BIND, EndpointCount(now)).refused(kind, now)

    def _meant(self, address: str) -> str | None:
        """libzmq names what was given to connect at first, and after a reconnection what the name means."""
        if address in self._connects:
            return address
        port = address.rpartition(":")[2]
        near = [own for own in self._connects if port.isdigit() and own.rpartition(":")[2] == port]
        return near[0] if len(near) == 1 else None

    def told(self, now: float) -> dict[str, dict[str, Any]]:
        """As BEAT tells it."""
        return {address: endpoint.told(now) for address, endpoint in self.endpoints.items()}
