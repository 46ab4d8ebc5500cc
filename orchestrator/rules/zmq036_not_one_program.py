"""A node does not say what it runs, or says it twice.

## Why

A node is exactly one of `run` (a Python class or function), `command` (any program) and `use` (a stock
node).

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    command: [./feed]
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
```

## Source

docs/reference: nodes.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ036"
NAME: Final = "not-one-program"
SEVERITY: Final = Severity.ERROR
