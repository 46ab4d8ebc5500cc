"""What happens to the sockets when keys change: another listener, another connection. On their own thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import zmq

from orchestrator.host.keychange import Standing
from orchestrator.host.saying import say
from orchestrator.transport import sockets as transport
from orchestrator.wire.launch import ConnectTarget

if TYPE_CHECKING:
    from orchestrator.host.guarding import Keys
    from orchestrator.host.wiring import Wiring

_ONLY_SEND: Final = (zmq.PUSH, zmq.PUB)


class Rekeyed:
    """Of one instance. `standing` may be asked by any thread, and what `guarding` says may be copied; the
    rest belongs to the thread of the sockets."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self.guarding = wiring.guarding

    def standing(self, name: str, address: str, now: float) -> Standing:
        """See `SocketWatch.standing`. May be asked by any thread."""
        watch = self._wiring.watches.get(name)
        return Standing() if watch is None else watch.standing(transport.connectable(address), now)

    def serve_anew(self, name: str, address: str) -> None:
        """Let those in as well who know the present key."""
        from orchestrator.transport.twin import open_twin

        wiring = self._wiring
        public = self.guarding.before_bind(wiring.socket(name), wiring.raw[name], address)
        if open_twin(wiring.raw[name], address):
            self.guarding.bound(name, address, public)
            say(f"{name}: {address} is open with the new key, too")
        else:
            say(f"{name}: {address} keeps its key until the process starts anew; restart it within the grace")

    def serve_only(self, name: str, address: str, public: str) -> None:
        """Let newcomers in by one key alone, now that the others do not count any more."""
        from orchestrator.transport.twin import send_all_to

        guarding = self.guarding
        if send_all_to(address, guarding.order[name, address].index(public)):
            guarding.listening[name, address] = (public,)
            say(f"{name}: {address} is open with the new key alone")

    def move(self, name: str, target: ConnectTarget, keys: Keys) -> bool:
        """Go over to new keys, unless something could be lost just now. True when there is nothing more to
        do. Raises Failure for keys that cannot be used."""
        wiring = self._wiring
        raw = wiring.raw[name]
        if wiring.connected(name, target) != keys.address:
            return True  # it has moved
        events = int(raw.getsockopt(zmq.EVENTS))
        if raw.type not in _ONLY_SEND and events & zmq.POLLIN:
            return False
        if raw.type == zmq.REQ and not events & zmq.POLLOUT:
            return False  # it waits for an answer
        linger = raw.getsockopt(zmq.LINGER)
        if self.standing(
            name, keys.address, 0.0
        ).peers:  # what has been sent is taken, however long that takes
            raw.setsockopt(zmq.LINGER, -1)
        try:
            wiring.renew(name, target, keys.address, keys.server)
        finally:
            raw.setsockopt(zmq.LINGER, linger)
        say(f"{name}: connected to {keys.address} with the new keys")
        return True
