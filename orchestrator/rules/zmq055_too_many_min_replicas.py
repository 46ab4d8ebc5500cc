"""More replicas must work than there are.

## Why

`min_replicas` says how few still count as working.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 2
    min_replicas: 3
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 3
    min_replicas: 2
```

## Source

docs/reference: min_replicas.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ055"
NAME: Final = "too-many-min-replicas"
SEVERITY: Final = Severity.ERROR
