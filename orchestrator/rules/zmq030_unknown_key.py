"""A key is none of this language's.

## Why

A key that nobody reads is mostly a typing mistake, and silently does nothing. The nearest key that
exists is named. Keys that start with `x-` are your own, everywhere.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replica: 3
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 3
    x-owner: markets
```

## Source

docs/reference: the topology file.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ030"
NAME: Final = "unknown-key"
SEVERITY: Final = Severity.ERROR
