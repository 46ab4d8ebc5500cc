"""A node waits for a service to complete.

## Why

`condition: completed` means that a task has ended with success. A service is meant to stay up: it never
completes, and who waits for that never starts.

## Bad

```yaml
nodes:
  database:
    command: ./database
  import:
    command: ./import
    kind: task
    depends_on: {database: {condition: completed}}
```

## Good

```yaml
nodes:
  database:
    command: ./database
  import:
    command: ./import
    kind: task
    depends_on: {database: {condition: ready}}
```

## Source

The language reference, `kind` and `depends_on`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Condition, NodeKind

CODE: Final = "ZMQ602"
NAME: Final = "never-completed"
SEVERITY: Final = Severity.ERROR


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `completed` on services."""
    for node in context.topology.nodes.values():
        for dependency in node.depends_on:
            wanted = context.topology.nodes.get(dependency.node)
            if dependency.condition is not Condition.COMPLETED or wanted is None:
                continue
            if wanted.kind is not NodeKind.SERVICE:
                continue
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=(
                    f"`{node.name}` waits for `{wanted.name}` to complete, which is a service and stays up: "
                    f"`{node.name}` would never start"
                ),
                span=dependency.span,
                path=dependency.path,
                related=(Related(f"`{wanted.name}` is here", wanted.span),),
                help=f"wait for `ready`, or add `kind: task` to `{wanted.name}` if it ends by itself",
            )
