"""A key stands twice in one mapping.

## Why

YAML says that keys are unique; most programs that read YAML take the last and say nothing, so that half
of what was written has no effect.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 2
    replicas: 3
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 3
```

## Source

YAML 1.2.2, §3.2.1.1 (mappings hold unique keys).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ007"
NAME: Final = "duplicate-key"
SEVERITY: Final = Severity.ERROR
