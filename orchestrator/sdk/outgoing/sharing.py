"""Large messages through shared memory: the way out writes them into a pool and sends a handle, the way in
(`unsharing`) looks at them where they lie. Why it is as it is: docs/decisions/shared-memory.md.

Nobody asks for it at the other end, and nobody has to know beforehand who is there: a sender offers its pool,
and uses it while as many readers have taken it up as there are peers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from orchestrator.vocabulary import CodecName, SocketType
from orchestrator.wire.envelope import Flag
from orchestrator.wire.qos import QoS

if TYPE_CHECKING:
    from orchestrator.sdk.outgoing.enveloping import Body, EnvelopeOutlet
    from orchestrator.transport.shared.pool import Place, Pool

MIN_BYTES: Final = 64 * 1024
"""Smaller payloads are faster through the socket (measured: the two are even at 32 to 64 KiB)."""
WAIT_S: Final = 0.1
"""How long a sender waits for a place. Where none comes free, readers keep what they have: then it does not
wait for some messages, and for twice as many each time."""
_WARY: Final = (64, 1 << 20)
"""The least and the most messages for which it does not wait."""
LOOK_S: Final = 0.0002
OFFERS: Final = 256
"""How many messages carry an offer after the peers have changed; later every so-manieth large one does."""

_TO_ALL: Final = (SocketType.PUB, SocketType.XPUB)
_TYPES: Final = (
    *_TO_ALL,
    SocketType.PUSH,
    SocketType.PAIR,
    SocketType.DEALER,
    SocketType.ROUTER,
    SocketType.REQ,
    SocketType.REP,
)
_MADE_FOR_IT: Final = (CodecName.ARROW, CodecName.NUMPY)

Peers = Callable[[], tuple[int, int]]
"""How many must be able to read what is sent, and a number that changes whenever a peer comes or goes. 0: it
is not known, or there is nobody."""
Say = Callable[[str], None]


def pool_size(socket_type: SocketType, codec: str, qos: QoS, usual: int) -> int:
    """Bytes of the pool that a socket is to have; 0: none."""
    if not qos.envelope or socket_type not in _TYPES:
        return 0
    if qos.shared_memory is None:
        return usual if codec in _MADE_FOR_IT else 0
    return qos.shared_memory


class Sharer:
    """The way out. `connects`: the socket connects, and keeps what waits for a peer that is away. `waits`: a
    sender waits where there is no room; so it may for a place in the pool, if readers free any."""

    def __init__(
        self,
        outlet: EnvelopeOutlet,
        size: int,
        run_dir: str,
        *,
        peers: Peers,
        connects: bool,
        waits: bool,
        say: Say,
    ) -> None:
        self._outlet = outlet
        self._size = size
        self._run_dir = run_dir
        self._peers = peers
        self._connects = connects
        self._waits = waits
        self._wary = 0
        """For how many messages it does not wait."""
        self._last_wary = 0
        self._say = say
        self._pool: Pool | None = None
        self._useless = False
        self._changes = -1
        self._offers = 0
        self._since_offer = 0
        outlet.transforms.append(self.transform)
        outlet.heed()

    def transform(self, body: Body) -> None:
        """Put a payload into the pool, if it is worth it and all who may get it can read it there."""
        size = sum(map(len, body.parts))
        large = size >= MIN_BYTES
        pool = self._pool
        if pool is not None:
            self._follow(pool)
        if not large:
            if self._offers and pool is not None:
                self._offer(pool, body)
            return
        if pool is None:
            pool = self._make()
            if pool is None:
                return
        if not self._all_can_read(pool):
            self._since_offer += 1
            if self._offers or self._since_offer >= OFFERS:
                self._offer(pool, body)
        elif self._outlet.port.tap is None:  # who taps sees messages, and not handles
            self._offers = 0
            self._write(pool, body, size)

    def close(self) -> None:
        """The socket is closed."""
        if self._pool is not None:
            self._pool.close()
        self._useless = True
        self._pool = None

    def _all_can_read(self, pool: Pool) -> bool:
        needed, changes = self._peers()
        if changes != self._changes:
            self._changes = changes
            self._offers = OFFERS
            pool.refresh()
        return 0 < needed <= pool.live_readers()

    def _follow(self, pool: Pool) -> None:
        """See whether this message overtakes the one before it, which waits for room."""
        if self._outlet.waits:
            pool.delay(self._outlet.number)
        elif pool.delayed:
            pool.settle(self._outlet.number + 1)

    def _offer(self, pool: Pool, body: Body) -> None:
        body.offer = pool.offer
        self._offers = max(0, self._offers - 1)
        self._since_offer = 0

    def _write(self, pool: Pool, body: Body, size: int) -> None:
        place = pool.reserve(self._outlet.number + 1, size)
        self._wary = max(0, self._wary - 1)
        if place is None and self._waits and not self._wary:
            place = self._await_place(pool, size)
            self._last_wary = 0 if place is not None else min(max(_WARY[0], 2 * self._last_wary), _WARY[1])
            self._wary = self._last_wary
        if place is None:
            self._outlet.port.counters.shared_full += 1
            return
        from orchestrator.transport.shared.layout import pack_handle

        view, at = place.view, 0
        for part in body.parts:
            end = at + len(part)
            view[at:end] = part
            at = end
        body.parts = [pack_handle(pool.publish(place))]
        body.flags |= Flag.SHARED
        self._outlet.port.counters.shared += 1

    def _await_place(self, pool: Pool, size: int) -> Place | None:
        """Readers that work free places faster than a message is copied through the socket. Nothing else is
        done meanwhile: what ran here could send."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            time.sleep(LOOK_S)
            place = pool.reserve(self._outlet.number + 1, size)
            if place is not None:
                return place
        return None

    def _make(self) -> Pool | None:
        if self._useless:
            return None
        from orchestrator.transport.shared.cleaning import sweep_group
        from orchestrator.transport.shared.files import SharedError, group_of, unavailable
        from orchestrator.transport.shared.pool import Pool

        outlet = self._outlet
        why = unavailable()
        if why is None:
            try:
                group = group_of(self._run_dir)
                sweep_group(group)
                self._pool = Pool(
                    group,
                    outlet.source,
                    self._size,
                    one_of=outlet.port.type not in _TO_ALL,
                    lasting=self._connects,
                )
                return self._pool
            except SharedError as error:
                why = str(error)
        self._useless = True
        self._say(why)
        return None
