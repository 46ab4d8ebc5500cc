"""A file includes itself, by way of others.

## Why

What is included once is there for all files; including it again from below has no meaning. The message
shows the whole way round.

## Bad

```text
# market.yaml
include: [feeds.yaml]
# feeds.yaml
include: [market.yaml]
```

## Good

```text
# market.yaml
include: [feeds.yaml]
# feeds.yaml
nodes: {feed: {run: 'market.feed:Feed'}}
```

## Source

docs/reference: include.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ018"
NAME: Final = "include-circle"
SEVERITY: Final = Severity.ERROR
