"""What has passed a tap: messages, bytes, what was missed, and how old things were. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.live.reading import Record


@dataclass(slots=True)
class Tally:
    """Counts of one stretch of time."""

    messages: int = 0
    bytes: int = 0
    lost: int = 0
    """Missing between the numbers of each source and topic, where the envelope has numbers."""
    unreadable: int = 0
    topics: dict[str, int] = field(default_factory=dict)
    ages_ns: list[int] = field(default_factory=list)
    """From the sender's clock to this one."""


class Counter:
    """Counts as records come; `take` gives what came since it was last called."""

    def __init__(self) -> None:
        self.total = Tally()
        self._now = Tally()
        self._last: dict[tuple[int, str | None, str], int] = {}

    def add(self, record: Record) -> None:
        """Take one in."""
        lost = self._lost(record)
        for tally in (self.total, self._now):
            tally.messages += 1
            tally.bytes += record.size
            tally.lost += lost
            tally.unreadable += bool(record.error)
            if record.topic is not None:
                tally.topics[record.topic] = tally.topics.get(record.topic, 0) + 1
        if record.header is not None and record.header.timestamp_ns:
            self._now.ages_ns.append(record.at_ns - record.header.timestamp_ns)

    def take(self) -> Tally:
        """What has come since the last call."""
        found, self._now = self._now, Tally()
        return found

    def _lost(self, record: Record) -> int:
        if record.header is None or not record.sequence:
            return 0
        key = (record.header.source, record.topic, record.socket.ref)
        before = self._last.get(key)
        self._last[key] = max(record.sequence, before or 0)
        return 0 if before is None else max(0, record.sequence - before - 1)


def percentile(values: list[int], share: float) -> int:
    """The smallest of `values` (sorted) that at least `share` of them do not exceed (nearest rank)."""
    rank = max(0, -(-len(values) * round(share * 100_000) // 100_000) - 1)
    return values[min(rank, len(values) - 1)]
