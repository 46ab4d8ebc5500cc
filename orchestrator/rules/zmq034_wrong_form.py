"""A text has the wrong form.

## Why

Names of topologies, nodes and processes are DNS labels, because they become parts of host names, file
names and log prefixes. Durations are numbers with units, `250ms`, `1.5s`, `1h30m`. `run` is
`module:name`.

## Bad

```yaml
version: 1
name: market
nodes:
  Feed_Handler:
    run: market.feed:Feed
```

## Good

```yaml
version: 1
name: market
nodes:
  feed-handler:
    run: market.feed:Feed
```

## Source

RFC 1123, §2.1 (host names), for DNS labels.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ034"
NAME: Final = "wrong-form"
SEVERITY: Final = Severity.ERROR
