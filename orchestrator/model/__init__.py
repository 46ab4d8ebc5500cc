"""Topology, Node, Socket, Link: frozen values, each with its place in the user's file.

These names load neither YAML nor the schema. Reading a file is `orchestrator.model.load.load`; `${{ … }}` is
`orchestrator.model.expressions`; parts of a topology that take part on demand, `orchestrator.model.profiles`.
"""

from __future__ import annotations

from orchestrator.model.types import (
    Address,
    Backoff,
    DelayProbe,
    Dependency,
    Endpoint,
    ExecProbe,
    FileProbe,
    ForeignProgram,
    Health,
    Heartbeat,
    HeartbeatProbe,
    Link,
    LogProbe,
    Message,
    Node,
    PeersProbe,
    Probe,
    ProbeKind,
    Program,
    PythonProgram,
    Resources,
    Restart,
    Socket,
    StockProgram,
    Stop,
    TcpProbe,
    Topology,
    ZmqProbe,
)

__all__ = [
    "Address",
    "Backoff",
    "DelayProbe",
    "Dependency",
    "Endpoint",
    "ExecProbe",
    "FileProbe",
    "ForeignProgram",
    "Health",
    "Heartbeat",
    "HeartbeatProbe",
    "Link",
    "LogProbe",
    "Message",
    "Node",
    "PeersProbe",
    "Probe",
    "ProbeKind",
    "Program",
    "PythonProgram",
    "Resources",
    "Restart",
    "Socket",
    "StockProgram",
    "Stop",
    "TcpProbe",
    "Topology",
    "ZmqProbe",
]
