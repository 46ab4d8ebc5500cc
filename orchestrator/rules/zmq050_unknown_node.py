"""`depends_on` names a node that is not there.

## Why

The node would wait for ever for something that nobody starts.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    depends_on: [databse]
  database:
    run: market.db:Database
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    depends_on: [database]
  database:
    run: market.db:Database
```

## Source

docs/reference: depends_on.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ050"
NAME: Final = "unknown-node"
SEVERITY: Final = Severity.ERROR
