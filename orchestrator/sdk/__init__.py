"""All that a node's author imports.

    from orchestrator.sdk import Node

Knows sockets, codecs and the node's own loop; nothing of files, graphs, processes or supervisors.

Names are loaded when they are asked for: the checker reads the catalogue of stock nodes without loading zmq.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.sdk.catalogue import NodeInfo, SocketInfo, SocketType
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

_HOMES = {
    "DecodeError": "errors",
    "EncodeError": "errors",
    "Node": "node",
    "NodeContext": "node",
    "NodeError": "errors",
    "NodeInfo": "catalogue",
    "ParamsError": "errors",
    "Peer": "framing",
    "Socket": "sockets",
    "SocketInfo": "catalogue",
    "SocketType": "catalogue",
    "Sockets": "sockets",
    "Stopped": "errors",
    "TargetError": "errors",
    "Timeout": "errors",
}

__all__ = [
    "DecodeError",
    "EncodeError",
    "Node",
    "NodeContext",
    "NodeError",
    "NodeInfo",
    "ParamsError",
    "Peer",
    "Socket",
    "SocketInfo",
    "SocketType",
    "Sockets",
    "Stopped",
    "TargetError",
    "Timeout",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
