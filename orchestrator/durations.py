"""Durations as users write them, in topologies and in nodes. Pure text to seconds and back."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> float:
    """Seconds: `250ms`, `1.5s`, `2m`, `1h30m`. Raises ValueError for anything else."""
    seconds, at = 0.0, 0
    while (match := _PART.match(text, at)) is not None:
        seconds += float(match.group(1)) * _SECONDS[match.group(2)]
        at = match.end()
    if at == 0 or at != len(text):
        raise ValueError(f"`{text}` is no duration")
    return seconds


def format_duration(seconds: float) -> str:
    """A short text that `parse_duration` reads as `seconds`, to the picosecond: `250ms`, `1.5s`, `2m`."""
    for unit in ("h", "m", "s", "ms"):
        amount = f"{seconds / _SECONDS[unit]:.0f}"
        if amount != "0" and parse_duration(f"{amount}{unit}") == seconds:
            return f"{amount}{unit}"
    unit = "ms" if 0 < seconds < 1 else "s"
    amount = f"{seconds / _SECONDS[unit]:.9f}".rstrip("0").rstrip(".")
    return f"{amount}{unit}"
