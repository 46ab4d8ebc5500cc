"""A task is always restarted.

## Why

A task runs to its end. With `restart: always` it is started again whenever it ends, also after success: it
never completes, and neither does the topology.

## Bad

```yaml
nodes:
  import:
    command: ./import
    kind: task
    restart: always
```

## Good

```yaml
nodes:
  import:
    command: ./import
    kind: task
    restart: on-failure
```

## Source

The language reference, `kind` and `restart`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import NodeKind, RestartPolicy

CODE: Final = "ZMQ606"
NAME: Final = "task-always-restarted"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find tasks with `restart: always`."""
    for node in context.topology.nodes.values():
        if node.kind is not NodeKind.TASK or node.restart.policy is not RestartPolicy.ALWAYS:
            continue
        path = setting_path(context, node, "restart", "policy")
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` is a task that is always restarted, so it never completes",
            span=span_of(context, node, path),
            path=path,
            help="write `restart: on-failure`, or leave out `kind: task` if it should stay up",
        )
