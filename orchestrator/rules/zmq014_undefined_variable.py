"""A variable is used that is not set.

## Why

`${NAME}` comes from the environment, then from `.env` next to the topology file. `${NAME:-default}`
gives a default, `${NAME:?message}` a message of your own for this finding.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    cwd: ${MARKET_DATA_DIRECTORY}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    cwd: ${MARKET_DATA_DIRECTORY:-data}
```

## Source

Compose Specification, Interpolation.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ014"
NAME: Final = "undefined-variable"
SEVERITY: Final = Severity.ERROR
