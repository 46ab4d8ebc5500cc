"""The longest delay is shorter than the first.

## Why

`backoff` starts with `initial` and grows up to `max`.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: {backoff: {initial: 10s, max: 1s}}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: {backoff: {initial: 1s, max: 10s}}
```

## Source

docs/reference: restart.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ064"
NAME: Final = "backoff-order"
SEVERITY: Final = Severity.ERROR
