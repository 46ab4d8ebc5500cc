"""A node is to be restarted always, and no restart is allowed.

## Why

`policy: always` asks for a restart whatever the exit, and `max_restarts: 0` refuses the first one after a
failure: the first crash is final. One of the two is not meant.

## Bad

```yaml
nodes:
  worker:
    command: ./worker
    restart: {policy: always, max_restarts: 0}
```

## Good

```yaml
nodes:
  worker:
    command: ./worker
    restart: {policy: always, max_restarts: 5}
```

## Source

The language reference, `restart`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import Path, RestartPolicy

CODE: Final = "ZMQ613"
NAME: Final = "always-and-no-restarts"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find `always` beside a limit of nothing, once per place."""
    told: set[Path] = set()
    for node in context.topology.nodes.values():
        if node.restart.policy is not RestartPolicy.ALWAYS or node.restart.max_restarts > 0:
            continue
        path = setting_path(context, node, "restart", "max_restarts")
        if path in told:
            continue
        told.add(path)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` is to be restarted always, and `max_restarts: 0` makes its first failure "
            "final",
            span=span_of(context, node, path),
            path=path,
            help="allow some restarts, or write `policy: never`",
        )
