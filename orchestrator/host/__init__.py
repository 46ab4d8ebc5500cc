"""The inside of a Python node process: the supervisor's end of the line, and the life of the nodes in it.

Loads zmq, the SDK and the standard library; a codec's library and the user's code only when they are needed.
"""

from __future__ import annotations

from orchestrator.host.entry import main

__all__ = ["main", "rehearse"]


def rehearse() -> None:
    """Make a zygote ready to be forked into nodes. Raises nothing that a node would not raise as well."""
    from orchestrator.host.rehearsal import rehearse as run

    run()
