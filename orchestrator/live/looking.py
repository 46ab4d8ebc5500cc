"""What `tap` does with the messages that come: choosing, counting, and when it is enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orchestrator.codecs import DecodeError
from orchestrator.live.counting import Counter, Tally
from orchestrator.live.matching import Wanted
from orchestrator.live.reading import Reader, Record
from orchestrator.live.taps import Taps

_ROUND_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """When it is enough. None: never."""

    count: int | None = None
    seconds: float | None = None


class Look:
    """The messages of one tap."""

    def __init__(
        self,
        taps: Taps,
        wanted: Wanted | None,
        limit: Limit,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`wanted`: None takes what cannot be read as well. Raises CodecError."""
        self.counter = Counter()
        self.seen = 0
        """Those that were wanted."""
        self._taps = taps
        self._wanted = wanted
        self._limit = limit
        self._clock = clock
        self._readers = {socket.ref: Reader(socket) for socket in taps.sockets}
        self.began = clock()

    def records(self) -> Iterator[tuple[Reader, Record]]:
        """Those that are wanted, until it is enough, or the topology has ended."""
        while not self._enough():
            yield from self._turn()
            if self._taps.ended:
                return

    def tallies(self) -> Iterator[tuple[float, Tally]]:
        """Once a second, what came within it, and how long that was; at the end the rest."""
        since = self.began
        while not self._enough() and not self._taps.ended:
            for _ in self._turn():
                pass
            now = self._clock()
            if now - since >= 1.0:
                yield now - since, self.counter.take()
                since = now

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return self._clock() - self.began

    def _enough(self) -> bool:
        limit = self._limit
        return (limit.count is not None and self.seen >= limit.count) or (
            limit.seconds is not None and self.seconds >= limit.seconds
        )

    def _turn(self) -> Iterator[tuple[Reader, Record]]:
        left = _ROUND_S if self._limit.seconds is None else self._limit.seconds - self.seconds
        for socket, way, frames, at_ns in self._taps.read(max(0.0, min(left, _ROUND_S))):
            reader = self._readers.get(socket.ref)
            if reader is None:
                reader = self._readers[socket.ref] = Reader(socket)
            for record in reader.read(frames, way, at_ns):
                if self._fits(reader, record):
                    self.counter.add(record)
                    self.seen += 1
                    yield reader, record
                    if self._enough():
                        return

    def _fits(self, reader: Reader, record: Record) -> bool:
        if self._wanted is None:
            return True
        if record.note:
            return False
        try:
            return self._wanted(reader.value(record))
        except DecodeError:
            return False
