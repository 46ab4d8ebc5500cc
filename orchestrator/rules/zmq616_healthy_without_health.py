"""A node waits for another one to be healthy, which has no health check.

## Why

`condition: healthy` waits until the `health` check of the other node has held. Without one, it counts as
healthy as soon as it is ready: the condition promises more than is looked at.

## Bad

```yaml
nodes:
  database:
    command: ./database
  gateway:
    command: ./gateway
    depends_on: {database: {condition: healthy}}
```

## Good

```yaml
nodes:
  database:
    command: ./database
    health: {tcp: 5432}
  gateway:
    command: ./gateway
    depends_on: {database: {condition: healthy}}
```

## Source

The language reference, `depends_on` and `health`; docker compose refuses it ("no healthcheck configured").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Condition

CODE: Final = "ZMQ616"
NAME: Final = "healthy-without-health"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `healthy` on nodes without `health`."""
    for node in context.topology.nodes.values():
        for dependency in node.depends_on:
            wanted = context.topology.nodes.get(dependency.node)
            if dependency.condition is not Condition.HEALTHY or wanted is None or wanted.health is not None:
                continue
            yield Diagnostic(
                code=CODE,
                severity=SEVERITY,
                message=f"`{node.name}` waits for `{wanted.name}` to be healthy, which has no `health`: it "
                "counts as healthy once it is ready",
                span=dependency.span,
                path=dependency.path,
                related=(Related(f"`{wanted.name}` is here", wanted.span),),
                help=f"give `{wanted.name}` a `health` check, or wait for `ready`",
            )
