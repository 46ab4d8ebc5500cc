"""The short ways through libzmq, compiled where that could be done; everything works without them.

Most messages are plain: one payload, behind a topic perhaps, with an envelope like the one before but for
its numbers. A *lane* takes such a message from the node's call to libzmq, or from libzmq to its handler, in
C; every other message goes the way that is written in Python, in `orchestrator.sdk`. Both ways do the same.

The extension is compiled when the package is built, if there is a compiler; `ORCHESTRATOR_LANES=off` in the
environment leaves it aside. Where it is not, `OutLane` and `InLane` are None, and the classes that hold
numbers are those of `plain`. Why: docs/decisions/compiled-lanes.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

REVISION: Final = 6
"""Of the extension that fits this source: one that was compiled from another is left aside."""

SWITCH: Final = "ORCHESTRATOR_LANES"


def _obstacle() -> str:
    if os.environ.get(SWITCH, "") == "off":
        return f"{SWITCH} is off"
    try:
        from orchestrator.lanes.compiled import REVISION as compiled_from  # noqa: N811 - a value, here
    except ModuleNotFoundError:
        return "nothing was compiled when the orchestrator was installed"
    except ImportError as error:
        return f"what was compiled cannot be loaded ({error})"
    return "" if compiled_from == REVISION else "what was compiled belongs to another version"


OBSTACLE: Final = _obstacle()
"""Why the extension is not in use; empty where it is."""
COMPILED: Final = not OBSTACLE

if TYPE_CHECKING or COMPILED:
    from orchestrator.lanes.compiled import (
        InLane,
        Last,
        OutLane,
        Rest,
        Row,
        Steps,
        Tally,
        Traced,
        join,
        load,
        seed,
        split,
    )
else:
    from orchestrator.lanes.plain import Last, Row, Steps, Tally, Traced

    InLane = OutLane = Rest = join = split = load = seed = None

__all__ = [
    "COMPILED",
    "OBSTACLE",
    "SWITCH",
    "InLane",
    "Last",
    "OutLane",
    "Rest",
    "Row",
    "Steps",
    "Tally",
    "Traced",
    "join",
    "load",
    "seed",
    "split",
]
