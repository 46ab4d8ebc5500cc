"""Messages that travel together (`batch`): small ones wait a moment for others, and all of them share one
envelope and one turn through libzmq."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from orchestrator.codecs.base import Codec
from orchestrator.sdk.errors import Stopped, Timeout
from orchestrator.sdk.framing import Frames, Peer
from orchestrator.sdk.outgoing.enveloping import Body, EnvelopeOutlet
from orchestrator.sdk.port import Port
from orchestrator.sdk.timers import Timer
from orchestrator.sdk.tracing import Work, current_work
from orchestrator.wire.batch import join
from orchestrator.wire.envelope import Flag
from orchestrator.wire.qos import Batch, QoS

_BYTES = {bytes}
_TABLE_BYTES = 4
"""What a record takes in the table of lengths."""


class Pile:
    """The records that wait, of one topic or peer."""

    __slots__ = ("head", "records", "room", "timer", "work")

    def __init__(self, head: Frames, room: int) -> None:
        self.head = head
        self.records: list[bytes] = []
        self.room = room
        """Bytes that still fit."""
        self.timer: Timer | None = None
        self.work: Work | None = None
        """What the first of them was sent for: one header has one trace."""


class BatchOutlet(EnvelopeOutlet):
    """An outlet that sends several messages as one."""

    def __init__(
        self,
        port: Port,
        codec: Codec,
        *,
        batch: Batch,
        topics: Sequence[str] = (),
        delimiter: bool = False,
        qos: QoS,
        peers: int = 0,
        fingerprint: int = 0,
    ) -> None:
        self._batch = batch
        self._max = batch.max_messages
        self._piles: dict[tuple[bytes, ...], Pile] = {}
        self._whole = Pile([], batch.max_bytes)
        """The pile of a socket whose messages all go the same way."""
        super().__init__(
            port, codec, topics=topics, delimiter=delimiter, qos=qos, peers=peers, fingerprint=fingerprint
        )

    def heed(self) -> None:
        """See whether somebody holds this socket. May be called from any thread."""
        super().heed()
        self._quick = self._single  # holds and taps matter when a batch leaves

    def send(
        self,
        message: Any,
        *,
        topic: str | bytes | None = None,
        peer: Peer | None = None,
        timeout: float | None = None,
    ) -> None:
        """See `Socket.send`. Waits for room when a batch is full."""
        if self.check is not None:
            self.judge(message)
        if self._quick and topic is None and peer is None:
            pile = self._whole
        else:
            pile = self._pile(self.head(topic, peer))
        record = self._encode(message)
        records = pile.records
        records.append(record)
        pile.room -= len(record) + _TABLE_BYTES
        if len(records) >= self._max or pile.room <= 0:
            self._leave(pile, timeout, take_back=1)
        elif len(records) == 1:
            self._begin(pile)

    def send_many(self, messages: Iterable[Any], *, topic: str | bytes | None = None) -> None:
        """Send all of them, in order."""
        if topic is not None or not self._quick or self.check is not None:
            super().send_many(messages, topic=topic)
            return
        pile, left = self._whole, iter(messages)
        while chunk := list(islice(left, self._max - len(pile.records))):
            records = (
                chunk if self._several and set(map(type, chunk)) == _BYTES else list(map(self._encode, chunk))
            )
            size = sum(map(len, records)) + _TABLE_BYTES * len(records)
            if size <= pile.room:
                pile.records += records
                pile.room -= size
                if len(pile.records) >= self._max or pile.room <= 0:
                    self._leave(pile, None)
            else:
                self._add_singly(pile, records)
        if pile.records and pile.timer is None:
            self._begin(pile)

    def _add_singly(self, pile: Pile, records: list[bytes]) -> None:
        """More than fits at once."""
        for record in records:
            pile.records.append(record)
            pile.room -= len(record) + _TABLE_BYTES
            if len(pile.records) >= self._max or pile.room <= 0:
                self._leave(pile, None)

    def flush(self) -> None:
        """Send off all that waits. Raises Stopped when there is no room and the node is to stop."""
        for pile in (self._whole, *self._piles.values()):  # a copy: those that have left go
            if pile.records:
                self._leave(pile, None)

    def end(self) -> None:
        """Send off all that waits, and say where the stream ends. What finds no room any more is counted."""
        try:
            super().end()
        except (Stopped, Timeout):
            lost = self.waiting
            self.port.counters.dropped += lost
            self.port.reporter.dropped(self.port.name, lost, "no room at the end")

    @property
    def waiting(self) -> int:
        """Messages that wait for company."""
        return sum(len(pile.records) for pile in (self._whole, *self._piles.values()))

    def _pile(self, head: Frames) -> Pile:
        key = tuple(head)
        pile = self._piles.get(key)
        if pile is None:
            pile = self._piles[key] = Pile(head, self._batch.max_bytes)
        return pile

    def _begin(self, pile: Pile) -> None:
        work = current_work.get()
        pile.work = None if work is None else work.snapshot()
        chores = self.port.control.chores
        pile.timer = chores.after(self._batch.max_delay_s, lambda: self._due(pile))

    def _due(self, pile: Pile) -> None:
        pile.timer = None
        if pile.records:
            self._leave(pile, None)

    def _leave(self, pile: Pile, timeout: float | None, *, take_back: int = 0) -> None:
        """Send what waits. What did not leave waits on: nothing is lost by a Timeout. The last `take_back` of
        them do not: whoever sent them is told that they were not sent, and may send them again."""
        records, pile.records, pile.room = pile.records, [], self._batch.max_bytes
        if pile.timer is not None:
            pile.timer.cancel()
            pile.timer = None
        body = Body([join(records)], len(records), Flag.BATCH) if len(records) > 1 else Body([records[0]])
        left, work = False, current_work.get()
        token = current_work.set(pile.work or work)
        try:
            self.dispatch(body, pile.head, timeout)
            left, pile.work = True, None
        finally:
            current_work.reset(token)
            if not left:
                self._keep(pile, records[: len(records) - take_back])
            elif not pile.records and pile is not self._whole:  # topics and peers may be without number
                self._piles.pop(tuple(pile.head), None)

    def _keep(self, pile: Pile, records: list[bytes]) -> None:
        """These did not leave: they wait on, and no longer than they may for room."""
        pile.records = records + pile.records
        pile.room = self._batch.max_bytes - sum(len(record) + _TABLE_BYTES for record in pile.records)
        if pile.records and pile.timer is None and not self.port.control.stopping:
            self._begin(pile)
