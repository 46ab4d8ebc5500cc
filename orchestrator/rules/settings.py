"""Where a node's settings are written: at the node, or in `defaults`."""

from __future__ import annotations

from orchestrator.model.types import Node
from orchestrator.rules.context import RuleContext
from orchestrator.span import Span


def setting_span(context: RuleContext, node: Node, key: str, *inner: str) -> Span:
    """The place of `heartbeat`, `restart` or `stop` of a node; the node's own place for built-in values."""
    place = context.topology.place
    whole = place(*node.path)
    for path in ((*node.path, key, *inner), (*node.path, key), ("defaults", key, *inner), ("defaults", key)):
        found = place(*path)
        if found not in (whole, place(*path[:-1]), place("defaults"), place()):
            return found
    return node.span
