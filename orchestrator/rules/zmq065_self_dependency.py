"""A node depends on itself.

## Why

It would wait for ever.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    depends_on: [feed]
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

CODE: Final = "ZMQ065"
NAME: Final = "self-dependency"
SEVERITY: Final = Severity.ERROR
