"""Whether the clocks can be trusted: deadlines hang on the monotonic one, times in logs on the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.app.doctor.types import Check, Topic

CLOCK: Final = Topic(name="clock")
_SAMPLE_S: Final = 0.05
_JUMP_S: Final = 0.02
_RELEASED: Final = 1_735_689_600.0
"""2025-01-01: no machine that has this program is of an earlier day."""
_UNSYNCHRONIZED: Final = 5
"""TIME_ERROR of adjtimex(2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What was seen of the clocks."""

    now: float
    """Seconds since 1970."""
    monotonic_s: float
    realtime_s: float
    """How far both went during one short sleep."""
    resolution_s: float
    """Of the monotonic clock."""
    synchronized: bool | None
    """Whether the kernel says that something (NTP, PTP) keeps the clock in step; None where it does not."""


def look(sleep: Callable[[float], None] = time.sleep) -> Clocks:
    """Read the clocks; takes a twentieth of a second."""
    before = time.monotonic(), time.time()
    sleep(_SAMPLE_S)
    after = time.monotonic(), time.time()
    return Clocks(
        now=after[1],
        monotonic_s=after[0] - before[0],
        realtime_s=after[1] - before[1],
        resolution_s=time.get_clock_info("monotonic").resolution,
        synchronized=_synchronized(),
    )


def clocks(seen: Clocks) -> Iterator[Check]:
    """What is to be said of them."""
    set_it = "set it, and let NTP keep it: chrony, systemd-timesyncd"
    if seen.monotonic_s <= 0 or seen.resolution_s > 0.01:
        yield CLOCK.error(
            "the monotonic clock stands still or is coarse: deadlines and heartbeats cannot be kept",
            "choose another clock source: /sys/devices/system/clocksource, or the virtual machine's settings",
        )
    if seen.now < _RELEASED:
        day = time.strftime("%Y-%m-%d", time.gmtime(seen.now))
        yield CLOCK.warning(f"the clock says {day}: times in logs and events are wrong", set_it)
    elif abs(seen.realtime_s - seen.monotonic_s) > _JUMP_S:
        step_ms = (seen.realtime_s - seen.monotonic_s) * 1000
        yield CLOCK.warning(
            f"the clock was set by {step_ms:+.0f} ms while it was looked at: times in logs may jump",
            "see who sets it: two services that keep the time fight each other",
        )
    else:
        yield CLOCK.ok("monotonic and wall clock run alike")
    if seen.synchronized is False:
        yield CLOCK.note("nothing keeps the clock in step: times of several machines do not compare", set_it)
    elif seen.synchronized:
        yield CLOCK.ok("the clock is kept in step")


def _synchronized() -> bool | None:
    """What adjtimex(2) says, asked without changing anything."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.adjtimex(ctypes.byref(ctypes.create_string_buffer(512)))  # modes = 0: only look
    except (OSError, AttributeError, ImportError):
        return None
    return None if state < 0 else state != _UNSYNCHRONIZED
