"""What the rules about stock nodes share."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.model.types import Node, StockProgram
from orchestrator.rules.context import RuleContext
from orchestrator.sdk.catalogue import NodeInfo


def stock_nodes(context: RuleContext) -> Iterator[tuple[Node, str]]:
    """Every node with `use`, and the name it uses."""
    for node in context.topology.nodes.values():
        if isinstance(node.program, StockProgram):
            yield node, node.program.name


def known_stock_nodes(context: RuleContext) -> Iterator[tuple[Node, NodeInfo]]:
    """Those whose name a package offers."""
    stock, _ = context.stock
    for node, name in stock_nodes(context):
        info = stock.get(name)
        if info is not None:
            yield node, info
