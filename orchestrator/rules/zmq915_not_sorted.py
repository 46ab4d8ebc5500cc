"""Nodes, messages or endpoints are not in the order of the alphabet.

## Why

A matter of taste, and off unless it is selected (`--select ZMQ915`). In a sorted file everything is where one
looks for it, and two people who add something rarely touch the same lines. The order of nodes means something
where they share a `process`: its first node speaks for it. Such nodes are left alone.

## Bad

```yaml
nodes:
  feed:
    command: ./feed
  archive:
    command: ./archive
```

## Good

```yaml
nodes:
  archive:
    command: ./archive
  feed:
    command: ./feed
```

## Source

ESLint's `sort-keys` and yamllint's `key-ordering`, for the idea.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Endpoint, Message, Node
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ915"
NAME: Final = "not-sorted"
SEVERITY: Final = Severity.NOTE


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Tell the first name of each section that stands behind one it should precede."""
    topology = context.topology
    yield from _unsorted(context, topology.messages.values())
    yield from _unsorted(context, topology.endpoints.values())
    yield from _unsorted(context, (node for node in topology.nodes.values() if node.process is None))


def _unsorted(context: RuleContext, named: Iterable[Node | Message | Endpoint]) -> Iterator[Diagnostic]:
    last: Node | Message | Endpoint | None = None
    for one in named:
        if one.span.file != context.topology.file:
            continue  # of an included file
        if last is not None and one.name.casefold() < last.name.casefold():
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{one.name}` stands behind `{last.name}`",
                span=one.span,
                path=one.path,
                related=(Related(f"`{last.name}` is here", last.span),),
                help=f"put it in front of `{last.name}`",
            )
            return
        last = one
