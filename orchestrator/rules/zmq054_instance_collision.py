"""Two instances have the same name.

## Why

`replicas: 3` of `feed` makes `feed-0`, `feed-1` and `feed-2`; status, logs and restarts know them by
these names. A shared `process` has a name among them too.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 3
  feed-1:
    run: market.feed:Other
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: 3
  other:
    run: market.feed:Other
```

## Source

docs/reference: replicas.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ054"
NAME: Final = "instance-collision"
SEVERITY: Final = Severity.ERROR
