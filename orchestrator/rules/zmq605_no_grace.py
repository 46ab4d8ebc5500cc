"""A node is killed at once when it should stop.

## Why

`grace` is the time between the stop signal and the kill. With none, the signal is of no use: the program
cannot close its sockets, and messages that wait in their queues are lost.

## Bad

```yaml
nodes:
  worker:
    command: ./worker
    stop: {grace: 0s}
```

## Good

```yaml
nodes:
  worker:
    command: ./worker
    stop: {grace: 2s}
```

## Source

The guide, chapter 1, "Making a Clean Exit".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orchestrator.diagnostics import Diagnostic, Severity
from orchestrator.rules.context import RuleContext
from orchestrator.rules.settings import setting_path, span_of
from orchestrator.vocabulary import Path

CODE: Final = "ZMQ605"
NAME: Final = "no-grace"
SEVERITY: Final = Severity.WARNING


def check(context: RuleContext) -> Iterator[Diagnostic]:
    """Find a grace of nothing, once per place; a node that is to be stopped by SIGKILL needs none."""
    told: set[Path] = set()
    for node in context.topology.nodes.values():
        if node.stop.grace_s > 0 or node.stop.signal == "SIGKILL":
            continue
        path = setting_path(context, node, "stop", "grace")
        if path in told:
            continue
        told.add(path)
        yield Diagnostic(
            code=CODE,
            severity=SEVERITY,
            message=f"`{node.name}` gets {node.stop.signal} and is killed at the same moment: its grace "
            "is 0s",
            span=span_of(context, node, path),
            path=path,
            help="give it time to close its sockets, such as `grace: 2s`, or say `signal: SIGKILL`",
        )
