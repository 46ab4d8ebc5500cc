"""A value contains itself.

## Why

An alias stands within the value that its anchor names. YAML can say so; a topology has no use for it.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: &params
      more: *params
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    params: &params
      size: 10
  backup:
    run: market.feed:Feed
    params: *params
```

## Source

YAML 1.2.2, §7.1 (alias nodes).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ011"
NAME: Final = "alias-circle"
SEVERITY: Final = Severity.ERROR
