"""A key means nothing for this kind of node.

## Why

`params`, `process`, `on_error` and `dead_letter` are for nodes with `run` or `use`; `timeout` and `done` are
for tasks; `peers` is known of Python nodes only.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    timeout: 10m
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    kind: task
    timeout: 10m
```

## Source

docs/reference: nodes.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ062"
NAME: Final = "not-for-this-node"
SEVERITY: Final = Severity.ERROR
