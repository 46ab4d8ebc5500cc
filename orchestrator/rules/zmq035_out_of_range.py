"""A number is too small or too large, or something is empty that may not be.

## Why

The bounds are in the message.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 0
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 1
```

## Source

docs/reference: the topology file.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ035"
NAME: Final = "out-of-range"
SEVERITY: Final = Severity.ERROR
