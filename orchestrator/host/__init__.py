"""The inside of a Python node process: the supervisor's end of the line, and the life of the nodes in it.

Loads zmq, the SDK and the standard library; a codec's library and the user's code only when they are needed.
"""

from __future__ import annotations

from orchestrator.host.entry import main

__all__ = ["main"]
