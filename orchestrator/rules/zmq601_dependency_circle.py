"""Nodes depend on each other in a circle.

## Why

Each waits for the other before it starts, so none of them starts.

## Bad

```yaml
nodes:
  a:
    command: ./a
    depends_on: [b]
  b:
    command: ./b
    depends_on: [a]
```

## Good

```yaml
nodes:
  a:
    command: ./a
    depends_on: [b]
  b:
    command: ./b
```

## Source

The language reference, `depends_on`. ZeroMQ itself needs no order: who connects waits for who binds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Dependency
from orchestrator.rules.context import RuleContext

CODE: Final = "ZMQ601"
NAME: Final = "dependency-circle"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Print circles of `depends_on`, each once."""
    for circle in _circles(context):
        names = [node for node, _ in circle]
        path = " → ".join(f"`{name}`" for name in [*names, names[0]])
        _, first = circle[0]
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"dependencies go in a circle: {path}; each waits for the next one, and none starts",
            span=first.span,
            path=first.path,
            related=tuple(Related(f"`{node}` depends on `{d.node}` here", d.span) for node, d in circle[1:]),
            help="take one of them out: sockets need no order, since who connects waits for who binds",
        )


def _circles(context: RuleContext) -> Iterator[list[tuple[str, Dependency]]]:
    """Depth first, without recursion; a node that was left once is in no further circle that is told."""
    done: set[str] = set()
    nodes = context.topology.nodes
    for root in nodes:
        path: list[tuple[str, Dependency]] = []
        on_path: dict[str, int] = {}
        stack = [(root, iter(nodes[root].depends_on))] if root not in done else []
        on_path[root] = 0
        while stack:
            name, dependencies = stack[-1]
            dependency = next(dependencies, None)
            if dependency is None:
                stack.pop()
                done.add(name)
                on_path.pop(name, None)
                if path:
                    path.pop()
                continue
            wanted = dependency.node
            if wanted == name or wanted not in nodes or wanted in done:
                continue
            if wanted in on_path:
                yield [*path[on_path[wanted] :], (name, dependency)]
                continue
            path.append((name, dependency))
            on_path[wanted] = len(stack)
            stack.append((wanted, iter(nodes[wanted].depends_on)))
