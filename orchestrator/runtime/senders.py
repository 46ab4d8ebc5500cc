"""What became of the messages of each sender, as a receiver counted it: read from BEAT, added up over the
lives of a process.

Whatever a program sends, values of the right kind come out, no more than `MOST` of one socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

MOST: Final = 1000
_LONGEST: Final = 512
COUNTS: Final = ("received", "dropped", "reordered", "before", "late", "mismatched", "undecodable")


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSeen:
    """One sender's messages at one receiving socket (docs/protocol.md, BEAT)."""

    received: int = 0
    """Those that could not be decoded, and those that were late, included."""
    dropped: int = 0
    """Numbers that were passed over."""
    reordered: int = 0
    before: int = 0
    """Sent before the first one that came: nobody can say whether they were meant for this receiver."""
    late: int = 0
    mismatched: int = 0
    undecodable: int = 0
    lag_s: float | None = None
    """Between the sending of the last message that was looked at and its being taken; None: none was."""
    max_lag_s: float | None = None

    @property
    def offered(self) -> int:
        """How many were sent to it, up to the last one it knows of; all, once the sender has said its end."""
        return self.received + self.dropped + self.before

    def plus(self, other: SenderSeen) -> SenderSeen:
        """This, and what a later process of the same receiver has counted. What the later one says was sent
        before it came may have come to the earlier one: that is left out."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in COUNTS}
        lags = [lag for lag in (self.max_lag_s, other.max_lag_s) if lag is not None]
        last = self.lag_s if other.lag_s is None else other.lag_s
        return SenderSeen(**{**sums, "before": 0}, lag_s=last, max_lag_s=max(lags, default=None))


def read_senders(told: object) -> Mapping[str, SenderSeen] | None:
    """The `senders` of a socket in a BEAT; None where it does not count by senders."""
    if not isinstance(told, dict):
        return None
    entries = [(str(name)[:_LONGEST], own) for name, own in list(told.items())[:MOST]]
    return {name: _sender(own) for name, own in entries if isinstance(own, dict)}


def _sender(own: Mapping[str, Any]) -> SenderSeen:
    counts = {name: int(_number(own.get(name)) or 0) for name in COUNTS}
    return SenderSeen(**counts, lag_s=_number(own.get("lag_s")), max_lag_s=_number(own.get("max_lag_s")))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < 2**63 else None


def sender_fields(seen: SenderSeen) -> dict[str, Any]:
    """As plain values."""
    return asdict(seen)
