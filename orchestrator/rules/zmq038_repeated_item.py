"""A list names the same thing twice.

## Why

Once is enough; the second was probably meant to be another.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    depends_on: [database, database]
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

docs/reference: depends_on, profiles.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ038"
NAME: Final = "repeated-item"
SEVERITY: Final = Severity.ERROR
