"""Two files define the same node, message or endpoint.

## Why

Which of the two counted would depend on the order of reading. Both places are shown.

## Bad

```text
# market.yaml
include: [feeds.yaml]
nodes: {feed: {run: 'market.feed:Feed'}}
# feeds.yaml
nodes: {feed: {run: 'market.feed:Other'}}
```

## Good

```text
# market.yaml
include: [feeds.yaml]
nodes: {feed: {run: 'market.feed:Feed'}}
# feeds.yaml
nodes: {other: {run: 'market.feed:Other'}}
```

## Source

docs/reference: include.
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ019"
NAME: Final = "defined-in-two-files"
SEVERITY: Final = Severity.ERROR
