"""What became of the messages of each sender, as a receiver sees it: from the sequence numbers, times and
names in their envelopes.

A sender counts in the order in which it sends, for each topic by itself, since a subscriber gets some topics
only. What is missing between two numbers was dropped on the way. What came before the first one that arrives
was sent before this socket was connected, unless the count begins at 1.
"""

from __future__ import annotations

from typing import Any, Final

from orchestrator.lanes import Row

MAX_SENDERS: Final = 1000
"""Senders that are remembered apart; those that come later are counted as one, so that strangers cannot make
the table grow."""
MAX_TOPICS: Final = 10_000
"""Topics of a sender whose numbers are followed."""
ALL_TOPICS: Final = 100_000
"""The same, of all senders of one socket."""
_LONG: Final = 128
"""Characters of a topic. Of a longer one its hash is remembered: a stranger's may have megabytes."""
LARGEST: Final = 2**64 - 1
"""A stranger's header may have this number."""
_OTHERS: Final = -1
"""Stands for the sources that have no account of their own; none is called so."""


class _Room:
    """How many topics may still be followed at one socket."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class Account(Row):
    """One sender's. Written by the node's thread, read by the control thread.

    `next` is the number that comes next on a socket without topics (0: not known yet); `topics` has the same
    for each topic, or for the hash of one that is long.
    """

    __slots__ = (
        "before",
        "counts",
        "dropped",
        "ended",
        "lag_ns",
        "late",
        "max_lag_ns",
        "mismatched",
        "reordered",
        "room",
        "sender",
        "undecodable",
    )

    def __init__(self, sender: str, room: _Room | None = None, *, counts: bool = True) -> None:
        super().__init__()
        self.sender = sender
        """`instance.socket`; empty for a program that does not say."""
        self.counts = counts
        """Whether the numbers are one sender's. Those of several mean nothing."""
        self.room = room or _Room(MAX_TOPICS)
        self.dropped = 0
        """Numbers that were passed over."""
        self.reordered = 0
        """Numbers that came after higher ones."""
        self.before = 0
        """Messages that were sent before the first one that came."""
        self.late = 0
        """Messages that were older than `max_lag` when they were taken."""
        self.mismatched = 0
        """Messages whose schema is another one than ours."""
        self.undecodable = 0
        self.lag_ns = 0
        """Of the last message that was looked at: between its sending and its being taken."""
        self.max_lag_ns = 0
        self.ended = False
        """Whether it has said that nothing more comes."""

    def follow(self, sequence: int, count: int, topic: str | None) -> None:
        """`count` messages have come, the first with this number (0: not counted)."""
        self.received += count
        if not sequence or not self.counts:
            return
        if topic is None:
            self.next = self._step(sequence, count, self.next)
            return
        key = topic if len(topic) <= _LONG else hash(topic)
        expected = self.topics.get(key, 0)
        if not expected:
            if len(self.topics) >= MAX_TOPICS or self.room.left <= 0:
                return
            self.room.left -= 1
        self.topics[key] = self._step(sequence, count, expected)

    def _step(self, sequence: int, count: int, expected: int) -> int:
        if not expected:
            self.before += sequence - 1
        elif sequence > expected:
            self.dropped += sequence - expected
        elif sequence < expected:
            self.reordered += count
            self.dropped = max(0, self.dropped - count)  # it was counted as missing, and is here
            return expected
        return (sequence + count) & LARGEST

    def end(self, sequence: int, topic: str | None) -> None:
        """The sender says that `sequence` is the number it would have given next."""
        self.follow(sequence, 0, topic)
        self.ended = True

    def told(self) -> dict[str, Any]:
        """As BEAT tells it: zeros are left out. Times are in seconds."""
        numbers = {
            "received": self.received,
            "dropped": self.dropped,
            "reordered": self.reordered,
            "before": self.before,
            "late": self.late,
            "mismatched": self.mismatched,
            "undecodable": self.undecodable,
        }
        body: dict[str, Any] = {key: number for key, number in numbers.items() if number}
        if self.received:
            body["lag_s"] = round(self.lag_ns / 1e9, 6)
            body["max_lag_s"] = round(self.max_lag_ns / 1e9, 6)
        return body


class Accounts:
    """All senders of one receiving socket."""

    def __init__(self) -> None:
        self.by_source: dict[int, Account] = {}
        self._room = _Room(ALL_TOPICS)
        self._others: Account | None = None

    def of(self, source: int, sender: str) -> Account:
        """The account of a source, opened when it is new."""
        found = self.by_source.get(source)
        if found is not None:
            return found
        if len(self.by_source) >= MAX_SENDERS:
            if self._others is None:
                self._others = self.by_source[_OTHERS] = Account("", self._room, counts=False)
            return self._others
        account = self.by_source[source] = Account(sender, self._room)
        return account

    @property
    def ended(self) -> bool:
        """Whether there are senders, and each has said that nothing more comes."""
        return bool(self.by_source) and all(account.ended for account in self.by_source.values())

    def told(self) -> dict[str, dict[str, Any]]:
        """As BEAT tells it, by sender; the sources of one sender (it was restarted) are added up."""
        sums: dict[str, dict[str, Any]] = {}
        for account in self.by_source.copy().values():
            own = account.told()
            found = sums.setdefault(account.sender, own)
            if found is not own:
                for key, number in own.items():
                    if key == "lag_s":
                        found[key] = number
                    elif key == "max_lag_s":
                        found[key] = max(found.get(key, 0.0), number)
                    else:
                        found[key] = found.get(key, 0) + number
        return sums
