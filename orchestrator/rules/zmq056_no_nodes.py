"""The topology has no nodes.

## Why

There is nothing to start. Nodes may come from this file or from those it includes.

## Bad

```yaml
version: 1
name: market
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

CODE: Final = "ZMQ056"
NAME: Final = "no-nodes"
SEVERITY: Final = Severity.ERROR
