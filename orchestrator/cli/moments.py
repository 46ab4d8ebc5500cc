"""Times as users write them after `--since` and `--until`, and as they are shown."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from orchestrator.errors import UsageError

START: Final = "start"
"""When the last run began."""
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d{1,6})?)?")
_WIDTH: Final = len("2026-11-21T12:34:56.123")


def moment(word: str, option: str, now: float | None = None) -> float:
    """Seconds since the epoch: `10m` (ago), `14:30`, `2026-11-21`, `2026-11-21T14:30:00Z`.

    Without an offset it is local time; a time of day that is still to come was yesterday's. Raises
    UsageError.
    """
    now = time.time() if now is None else now
    try:
        if _CLOCK.fullmatch(word):
            return _clock(word, now)
        if "-" in word:
            return datetime.fromisoformat(word).astimezone().timestamp()
        from orchestrator.model.quantities import parse_duration

        return max(0.0, now - parse_duration(word))
    except (ValueError, OverflowError) as error:
        known = "10m, 2h30m, 14:30, 2026-11-21, 2026-11-21T14:30:00Z"
        raise UsageError(
            f"{option}: {word!r} is no time", f"write it as one of {known}, or {START}"
        ) from error


def _clock(word: str, now: float) -> float:
    padded = word if word.index(":") == 2 else f"0{word}"
    today = datetime.fromtimestamp(now)  # the user's own clock is meant
    found = datetime.fromisoformat(f"{today.date()}T{padded}")
    if found.timestamp() > now:
        found -= timedelta(days=1)
    return found.timestamp()


def shown(stamp: str) -> str:
    """A stored time (`2026-11-21T12:34:56.123456Z`) for people: local, `11-21 13:34:56.123`."""
    return _minute(stamp[:16]) + stamp[16:_WIDTH]


@lru_cache(maxsize=256)
def _minute(stamp: str) -> str:
    try:
        found = datetime.fromisoformat(stamp).replace(tzinfo=UTC).astimezone()
    except ValueError:  # a line that somebody else has written
        return stamp
    return found.strftime("%m-%d %H:%M")
