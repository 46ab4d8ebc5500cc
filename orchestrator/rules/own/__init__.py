"""What authors of their own rules import: the decorator, what makes a finding, and the types of a topology.

    from orchestrator.rules.own import Topology, finding, rule

    @rule("ACME001", "a service nobody is called for")
    def no_team(topology: Topology):
        for node in topology.nodes.values():
            if "team" not in node.labels:
                yield finding(node, f"`{node.name}` has no team", remedy="add `labels: {team: …}`")

Names listed here stay. Files and packages are found and loaded by `orchestrator.app`, not here.
"""

from __future__ import annotations

from orchestrator.diagnostics import Severity
from orchestrator.model.links import links
from orchestrator.model.types import Address, Endpoint, Link, Message, Node, Socket, Topology
from orchestrator.rules.own.declaring import Finding, OwnRule, finding, rule
from orchestrator.span import Span
from orchestrator.vocabulary import CodecName, Condition, NodeKind, RestartPolicy, SocketType
from orchestrator.wire.qos import Delivery, Mechanism, OnError, QoS

__all__ = [
    "Address",
    "CodecName",
    "Condition",
    "Delivery",
    "Endpoint",
    "Finding",
    "Link",
    "Mechanism",
    "Message",
    "Node",
    "NodeKind",
    "OnError",
    "OwnRule",
    "QoS",
    "RestartPolicy",
    "Severity",
    "Socket",
    "SocketType",
    "Span",
    "Topology",
    "finding",
    "links",
    "rule",
]
