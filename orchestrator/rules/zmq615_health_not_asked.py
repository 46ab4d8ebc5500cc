"""A health check asks nothing.

## Why

`health` is asked again and again, and a node that fails is restarted. A `delay` is no question: it holds
whatever the node does. `peers` and `heartbeat` come from the node by themselves and are judged without
`health`: a node that falls silent is restarted after `heartbeat.interval` × `liveness`. The node counts as
healthy from the start, and nobody looks.

## Bad

```yaml
nodes:
  gateway:
    command: ./gateway
    health: {delay: 10s}
```

## Good

```yaml
nodes:
  gateway:
    command: ./gateway
    health: {exec: [./probe, gateway], interval: 10s}
```

## Source

The language reference, `health`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.model.types import DelayProbe, PeersProbe
from orchestrator.rules.context import RuleContext
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ615"
NAME: Final = "health-not-asked"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find health checks of kinds that are never asked; `heartbeat` says no more than what is true anyway."""
    for node in context.topology.nodes.values():
        health = node.health
        if health is None or not isinstance(health.kind, DelayProbe | PeersProbe):
            continue
        key = "delay" if isinstance(health.kind, DelayProbe) else "peers"
        path: Path = (*health.path, key)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`health` of `{node.name}` is never asked: `{key}` is no question that can fail later",
            span=context.topology.key_place(*path),
            path=path,
            help="ask with `tcp`, `zmq`, `exec`, `file` or `log`, or take `health` out",
        )
