"""Where a node's settings are written: at the node, or in `defaults`."""

from __future__ import annotations

from orchestrator.model.types import Node
from orchestrator.rules.context import RuleContext
from orchestrator.span import NOWHERE, Span
from orchestrator.vocabulary import Path


def setting_path(context: RuleContext, node: Node, key: str, *inner: str) -> Path:
    """The path of `heartbeat`, `restart` or `stop` of a node; the node's own path for built-in values."""
    place = context.topology.place
    whole = place(*node.path)
    for start in (node.path, ("defaults",)):
        for path in ((*start, key, *inner), (*start, key)):
            found = place(*path)
            if found == NOWHERE:
                return (*node.path, key, *inner)  # built in code: nothing stands anywhere
            if found not in (whole, place(*path[:-1]), place("defaults"), place()):
                return path
    return node.path


def span_of(context: RuleContext, node: Node, path: Path) -> Span:
    """The place of a path that `setting_path` gave."""
    return node.span if path == node.path else context.topology.place(*path)
