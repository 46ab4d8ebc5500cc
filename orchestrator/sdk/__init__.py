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
    from orchestrator.sdk.context import NodeContext
    from orchestrator.sdk.errors import (
        BreakerOpen,
        DeadlineExceeded,
        DecodeError,
        EncodeError,
        NodeError,
        ParamsError,
        RequestError,
        RequestFailed,
        Stopped,
        TargetError,
        Timeout,
    )
    from orchestrator.sdk.forms.marks import every, on
    from orchestrator.sdk.forms.typed import Answer, Ask, In, InOut, Out
    from orchestrator.sdk.framing import Peer
    from orchestrator.sdk.node import Node
    from orchestrator.sdk.reports.meters import Counter, Gauge
    from orchestrator.sdk.socket import Socket
    from orchestrator.sdk.sockets import Sockets

_HOMES = {
    "Answer": "forms.typed",
    "Ask": "forms.typed",
    "BreakerOpen": "errors",
    "Counter": "reports.meters",
    "DeadlineExceeded": "errors",
    "DecodeError": "errors",
    "EncodeError": "errors",
    "Gauge": "reports.meters",
    "In": "forms.typed",
    "InOut": "forms.typed",
    "Node": "node",
    "NodeContext": "context",
    "NodeError": "errors",
    "NodeInfo": "catalogue",
    "Out": "forms.typed",
    "ParamsError": "errors",
    "Peer": "framing",
    "RequestError": "errors",
    "RequestFailed": "errors",
    "Socket": "socket",
    "SocketInfo": "catalogue",
    "SocketType": "catalogue",
    "Sockets": "sockets",
    "Stopped": "errors",
    "TargetError": "errors",
    "Timeout": "errors",
    "every": "forms.marks",
    "on": "forms.marks",
}

__all__ = [
    "Answer",
    "Ask",
    "BreakerOpen",
    "Counter",
    "DeadlineExceeded",
    "DecodeError",
    "EncodeError",
    "Gauge",
    "In",
    "InOut",
    "Node",
    "NodeContext",
    "NodeError",
    "NodeInfo",
    "Out",
    "ParamsError",
    "Peer",
    "RequestError",
    "RequestFailed",
    "Socket",
    "SocketInfo",
    "SocketType",
    "Sockets",
    "Stopped",
    "TargetError",
    "Timeout",
    "every",
    "on",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
