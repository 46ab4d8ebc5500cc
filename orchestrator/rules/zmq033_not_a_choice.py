"""A word is not one of those that are allowed here.

## Why

The words that are allowed are listed; the nearest is named.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: allways
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: always
```

## Source

docs/reference: the topology file.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ033"
NAME: Final = "not-a-choice"
SEVERITY: Final = Severity.ERROR
