"""What is said of peers that were refused: one line for the first of a series, one for all that followed.

Pure: lines out, the clock comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUIET_S: Final = 10.0
"""A series ends when nothing came for so long."""
TELL_S: Final = 60.0
"""One that goes on is told so often."""
MOST: Final = 256
"""Series at a time; the addresses beyond them share one for each reason."""
_OTHERS: Final = "other addresses"


@dataclass(slots=True)
class _Series:
    first: float
    last: float
    told: float
    reason: str
    more: int = 0


class Refusals:
    """The series of one process: of each socket, address and kind of reason."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str], _Series] = {}

    def note(self, door: str, address: str, kind: str, reason: str, now: float) -> list[str]:
        """One more was refused; what is to be said now. Of a series the first reason alone is told."""
        key = (door, address, kind)
        series = self._series.get(key)
        if series is None and len(self._series) >= MOST:
            key = (door, _OTHERS, kind)
            series = self._series.get(key)
        if series is not None:
            series.more += 1
            series.last = now
            return []
        self._series[key] = _Series(now, now, now, reason)
        return [f"{door}: refused {key[1]}: {reason}"]

    def due(self, now: float) -> list[str]:
        """What is to be said of series that have ended, or have gone on for long."""
        lines = []
        for (door, address, kind), series in list(self._series.items()):
            over = now - series.last >= QUIET_S
            if series.more and (over or now - series.told >= TELL_S):
                times = "once more" if series.more == 1 else f"{series.more} times more"
                since = max(1, round(series.last - series.told))
                lines.append(f"{door}: refused {address} {times} in {since} s ({kind})")
                series.more, series.told = 0, now
            if over:
                del self._series[door, address, kind]
        return lines
