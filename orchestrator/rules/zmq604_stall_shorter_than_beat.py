"""A node counts as stalled sooner than it can report progress.

## Why

A node tells how far its main loop has come once per heartbeat `interval`. With a `stall` that is no longer
than that, a node at work looks stalled between two reports and is restarted for nothing.

## Bad

```yaml
nodes:
  worker:
    run: app:Worker
    heartbeat: {interval: 5s, stall: 2s}
```

## Good

```yaml
nodes:
  worker:
    run: app:Worker
    heartbeat: {interval: 1s, stall: 10s}
```

## Source

The language reference, `heartbeat`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ604"
NAME: Final = "stall-shorter-than-beat"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare `stall` with `interval`, once per place."""
    told: set[Path] = set()
    for node in context.topology.nodes.values():
        stall = node.heartbeat.stall_s
        if stall is None or stall > node.heartbeat.interval_s or not node.is_python:
            continue
        path = setting_path(context, node, "heartbeat", "stall")
        if path in told:
            continue
        told.add(path)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{node.name}` counts as stalled after {stall:g}s, and reports progress only every "
                f"{node.heartbeat.interval_s:g}s"
            ),
            span=span_of(context, node, path),
            path=path,
            help="make `stall` several times as long as `interval`",
        )
