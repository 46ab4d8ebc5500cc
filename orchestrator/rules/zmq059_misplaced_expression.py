"""`${{ … }}` stands where nothing can be referred to.

## Why

References are evaluated when a node is planned. They may stand in `command`, `env`, `stdin`, `cwd`,
`params`, in probes, in addresses and in the `routing_id` of sockets; in addresses only with what is
known before addresses are.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    labels: {shard: "${{ replica.index }}"}
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    env: {SHARD: "${{ replica.index }}"}
```

## Source

docs/reference: references.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ059"
NAME: Final = "misplaced-expression"
SEVERITY: Final = Severity.ERROR
