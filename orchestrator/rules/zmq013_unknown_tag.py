"""A tag is not known, or does not fit its value.

## Why

Only the tags of YAML's core schema mean something here. `!!python/…` and tags of other tools are not
obeyed, and never run code.

## Bad

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: !!int three
```

## Good

```yaml
version: 1
name: market
nodes:
  feed:
    run: market.feed:Feed
    replicas: !!int 3
```

## Source

YAML 1.2.2, §10.3 (core schema).
"""

from __future__ import annotations

from typing import Final

from orchestrator.diagnostics import Severity

CODE: Final = "ZMQ013"
NAME: Final = "unknown-tag"
SEVERITY: Final = Severity.ERROR
