"""All that a node's author imports.

    from orchestrator.sdk import Node

Knows sockets, codecs and the node's own loop; nothing of files, graphs, processes or supervisors.
"""

from __future__ import annotations

from orchestrator.sdk.errors import (
    DecodeError,
    EncodeError,
    NodeError,
    ParamsError,
    Stopped,
    TargetError,
    Timeout,
)
from orchestrator.sdk.framing import Peer
from orchestrator.sdk.node import Node, NodeContext
from orchestrator.sdk.sockets import Socket, Sockets

__all__ = [
    "DecodeError",
    "EncodeError",
    "Node",
    "NodeContext",
    "NodeError",
    "ParamsError",
    "Peer",
    "Socket",
    "Sockets",
    "Stopped",
    "TargetError",
    "Timeout",
]
