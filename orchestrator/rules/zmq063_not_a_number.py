"""`.nan` stands where a number is needed.

## Why

For YAML `.nan` is a number, and it is neither too small nor too large for anything.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: {backoff: {factor: .nan}}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    restart: {backoff: {factor: 2}}
```

## Source

YAML 1.2.2, §10.3.2 (core schema).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ063"
NAME: Final = "not-a-number"
SEVERITY: Final = Severity.ERROR
