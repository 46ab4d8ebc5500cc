"""How a node sleeps: until the time is over, or it is to stop, with its timers and commands carried out."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from orchestrator import lanes
from orchestrator.sdk.loops.draining import TICK_S
from orchestrator.sdk.loops.timers import LONG_MS

if TYPE_CHECKING:
    from orchestrator.sdk.loops.control import NodeControl


def make_rest(control: NodeControl) -> Callable[[float], bool]:
    """The sleep of this node: in C as long as nothing is due meanwhile, where that is compiled."""
    slowly = partial(rest, control)
    if not lanes.COMPILED:
        return slowly
    return lanes.Rest(steps=control.progress, control=control, aside=slowly)


def rest(control: NodeControl, seconds: float) -> bool:
    """Wait, but no longer than until the node is to stop. Whether it may go on."""
    now = time.monotonic()
    progress, idle, end = control.progress, not control.dispatching, now + seconds
    progress.busy_since = 0.0
    while not control.stopping and now < end:
        left = end - now
        if control.drain is not None:
            left = min(left, TICK_S)
            control.look()
        if control.wake.wait(control.poll_ms(round(min(left * 1000, LONG_MS)) or 1, idle=idle)):
            control.run_commands()
        control.run_due(idle=idle)
        now = time.monotonic()
    progress.steps += 1
    progress.busy_since = now
    return not control.stopping
