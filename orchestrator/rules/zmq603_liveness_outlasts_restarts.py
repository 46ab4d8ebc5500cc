"""A hanging node is noticed later than the restart window lasts.

## Why

A node counts as dead after `interval` × `liveness` without a heartbeat. `max_restarts` counts the restarts
within `window`. Where noticing a hang takes as long as the whole window, a node that hangs at every start
is restarted for ever: its restarts never fall into one window.

## Bad

```yaml
nodes:
  worker:
    run: app:Worker
    heartbeat: {interval: 30s, liveness: 4}
    restart: {policy: on-failure, max_restarts: 5, window: 60s}
```

## Good

```yaml
nodes:
  worker:
    run: app:Worker
    heartbeat: {interval: 1s, liveness: 4}
    restart: {policy: on-failure, max_restarts: 5, window: 60s}
```

## Source

The guide, chapter 4, "Heartbeating for Paranoid Pirate"; the language reference, `heartbeat` and `restart`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Related, Severity
from orchestrator.model.types import Node
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import RestartPolicy

CODE: Final = "ZMQ603"
NAME: Final = "liveness-outlasts-restarts"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Compare the time to notice a hang with the restart window, once per pair of settings."""
    told: set[tuple[object, object]] = set()
    for node in context.topology.nodes.values():
        if not _is_concerned(node):
            continue
        noticed = node.heartbeat.interval_s * node.heartbeat.liveness
        if noticed < node.restart.window_s:
            continue
        beat, window = setting_path(context, node, "heartbeat"), setting_path(context, node, "restart")
        if (beat, window) in told:
            continue
        told.add((beat, window))
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=(
                f"`{node.name}`: a hang is noticed after {noticed:g}s ({node.heartbeat.interval_s:g}s × "
                f"{node.heartbeat.liveness}), and restarts are counted within {node.restart.window_s:g}s: "
                f"the limit of {node.restart.max_restarts} is never reached"
            ),
            span=span_of(context, node, beat),
            path=beat,
            related=(Related("the restart settings", span_of(context, node, window)),),
            help=(
                f"make `interval` × `liveness` shorter, or `window` longer than "
                f"{noticed * max(node.restart.max_restarts, 1):g}s"
            ),
        )


def _is_concerned(node: Node) -> bool:
    return node.is_python and node.restart.policy is not RestartPolicy.NEVER and node.restart.max_restarts > 0
