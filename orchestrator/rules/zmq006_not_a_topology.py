"""The file is empty, or is no mapping at its top.

## Why

A topology is a mapping of keys such as `version`, `name` and `nodes`. `orchestrator init` writes one to
start from.

## Bad

```yaml
- feed
- strategy
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

docs/reference: the topology file.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ006"
NAME: Final = "not-a-topology"
SEVERITY: Final = Severity.ERROR
